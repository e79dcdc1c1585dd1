namespace Actors.Reliability.Contention;

/// <summary>
/// What owners were told when they asked whether they still were. Who was told yes knew the last event: none behind it had been
/// acknowledged to anybody before it was asked. All processes read the same clock.
/// </summary>
internal sealed class OwnershipClaims
{
    private readonly Dictionary<int, List<(long At, long Sequence)>> _acknowledged = [];
    private readonly List<(int Stream, long Head, long Asked)> _confirmed = [];

    public long Confirmed => _confirmed.Count;

    /// <param name="stream">The stream.</param>
    /// <param name="sequence">The event.</param>
    /// <param name="at">When whoever appended it knew that it was acknowledged.</param>
    public void Acknowledge(int stream, long sequence, long at)
    {
        if (!_acknowledged.TryGetValue(stream, out List<(long At, long Sequence)>? events))
            _acknowledged.Add(stream, events = []);
        events.Add((at, sequence));
    }

    /// <param name="stream">The stream.</param>
    /// <param name="head">The last event that the owner knew, when it had been told.</param>
    /// <param name="asked">When it asked.</param>
    public void Confirm(int stream, long head, long asked) => _confirmed.Add((stream, head, asked));

    /// <summary>The claims that were wrong, as sentences.</summary>
    public IEnumerable<string> Violations()
    {
        foreach (IGrouping<int, (int Stream, long Head, long Asked)> claims in _confirmed.GroupBy(c => c.Stream))
        {
            long last = 0;
            using IEnumerator<(long At, long Sequence)> events = (_acknowledged.GetValueOrDefault(claims.Key) ?? []).OrderBy(e => e.At).GetEnumerator();
            bool more = events.MoveNext();
            foreach ((int stream, long head, long asked) in claims.OrderBy(c => c.Asked))
            {
                for (; more && events.Current.At < asked; more = events.MoveNext())
                    last = Math.Max(last, events.Current.Sequence);
                if (last > head)
                    yield return $"An owner of stream {stream} was told that it still is one, and knew {head} events; {last} had been acknowledged before it asked.";
            }
        }
    }
}
