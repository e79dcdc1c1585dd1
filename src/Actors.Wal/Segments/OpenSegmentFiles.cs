namespace Actors.Wal.Segments;

/// <summary>Bounds how many segments have their files open for reading. One that was not read lately is closed for the one that is opened.</summary>
internal sealed class OpenSegmentFiles(int most)
{
    public const int Most = 128;

    private readonly Lock _gate = new();
    private readonly Queue<Segment> _open = new();

    /// <summary>A segment's file was opened.</summary>
    public void Opened(Segment segment)
    {
        lock (_gate)
        {
            // A segment that was read since the last round gets another one. After two rounds there is one to close.
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
