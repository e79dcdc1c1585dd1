namespace Actors.Reliability.Contention;

/// <summary>
/// Checks the confirmed ownerships. An owner that gets a confirmation must know the last event: no later event may have been
/// acknowledged to another owner before it asked. All processes read the same clock.
/// </summary>
internal sealed class OwnershipClaims
{
    private readonly Dictionary<int, List<(long At, long Sequence)>> _acknowledged = [];
    private readonly List<(int Stream, long Head, long Asked)> _confirmed = [];

    public long Confirmed => _confirmed.Count;

    /// <param name="stream">The stream.</param>
    /// <param name="sequence">The sequence of the event.</param>
    /// <param name="at">The time after the append returned to its caller.</param>
    public void Acknowledge(int stream, long sequence, long at)
    {
        if (!_acknowledged.TryGetValue(stream, out List<(long At, long Sequence)>? events))
            _acknowledged.Add(stream, events = []);
        events.Add((at, sequence));
    }

    /// <param name="stream">The stream.</param>
    /// <param name="head">The head that the owner knew when it got the confirmation.</param>
    /// <param name="asked">The time at which it asked.</param>
    public void Confirm(int stream, long head, long asked) => _confirmed.Add((stream, head, asked));

    /// <summary>Returns one sentence for each wrong confirmation.</summary>
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
