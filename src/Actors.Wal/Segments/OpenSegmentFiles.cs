namespace Actors.Wal.Segments;

/// <summary>Limits the segment files that are open for reading. When one more is opened, one that was not read lately is closed.</summary>
internal sealed class OpenSegmentFiles(int most)
{
    public const int Most = 128;

    private readonly Lock _gate = new();
    private readonly Queue<Segment> _open = new();

    /// <summary>Notes that a segment's file was opened, and closes others beyond the limit.</summary>
    public void Opened(Segment segment)
    {
        lock (_gate)
        {
            // A segment that was read since the last round stays for another round. After two rounds there is one to close.
            for (int tries = 2 * _open.Count; _open.Count >= most && tries > 0; tries--)
            {
                Segment oldest = _open.Dequeue();
                if (!oldest.CloseUnlessRead())
                    _open.Enqueue(oldest);
            }

            _open.Enqueue(segment);
        }
    }
}
