namespace Actors.Wal.Clocks;

/// <summary>
/// The clock of an open store. It follows the machine's clock. When that jumps forward by more than a day, it catches up at no more
/// than 24 times real time. Times in a log never go back, so one record with a time far in the future would give that time to all later
/// ones, and retention by time would drop what is not old. After a machine slept for a month, the clock catches up within 30 hours.
/// </summary>
internal sealed class StoreClock : TimeProvider
{
    /// <summary>The largest jump that is followed at once.</summary>
    public static readonly TimeSpan MaxJump = TimeSpan.FromDays(1);

    private const int CatchUp = 24;

    private readonly TimeProvider _machine;
    private readonly Follower _time;
    private readonly Follower _trusted;

    /// <param name="machine">The machine's clock.</param>
    /// <param name="lastRecord">The time of the log's last record; null for an empty log.</param>
    public StoreClock(TimeProvider machine, DateTimeOffset? lastRecord)
    {
        _machine = machine;
        DateTimeOffset now = machine.GetUtcNow();
        _time = new Follower(machine, now);
        _trusted = new Follower(machine, lastRecord is { } last && last < now ? last : now);
    }

    public override long TimestampFrequency => _machine.TimestampFrequency;

    /// <summary>How far the machine's clock is ahead of this one.</summary>
    public TimeSpan Behind => _machine.GetUtcNow() - GetUtcNow() is var behind && behind > TimeSpan.Zero ? behind : TimeSpan.Zero;

    /// <summary>The time of records.</summary>
    public override DateTimeOffset GetUtcNow() => _time.Next();

    /// <summary>
    /// The time that retention uses. It starts at the last record's time and catches up from there. When a store is opened with a clock that
    /// is years ahead, retention drops at most a day of history at once, and an operator has time to notice.
    /// </summary>
    public DateTimeOffset GetTrustedNow() => _trusted.Next();

    public override long GetTimestamp() => _machine.GetTimestamp();

    /// <summary>Returns a time that ascends, in milliseconds. It is much cheaper to read than a timestamp, and may be 10 milliseconds old.</summary>
    public long GetMilliseconds() => _machine == System ? Environment.TickCount64 : _machine.GetTimestamp() * 1000 / _machine.TimestampFrequency;

    /// <summary>Returns the time for retention; for a clock of another kind, its current time.</summary>
    public static DateTimeOffset TrustedNowOf(TimeProvider time) => time is StoreClock clock ? clock.GetTrustedNow() : time.GetUtcNow();

    /// <summary>Follows the machine's clock with a limit on jumps: a token bucket that holds at most a day and fills at 24 times real time.</summary>
    private sealed class Follower(TimeProvider machine, DateTimeOffset start)
    {
        private readonly Lock _gate = new();
        private DateTimeOffset _limit = Later(start, MaxJump);
        private long _seen = machine.GetTimestamp();

        public DateTimeOffset Next()
        {
            lock (_gate)
            {
                long seen = machine.GetTimestamp();
                DateTimeOffset now = machine.GetUtcNow();
                TimeSpan elapsed = machine.GetElapsedTime(_seen, seen);
                _seen = seen;
                _limit = Later(_limit, CatchUp * elapsed);
                DateTimeOffset given = now < _limit ? now : _limit;
                if (_limit - given > MaxJump)
                    _limit = given + MaxJump;
                return given;
            }
        }

        private static DateTimeOffset Later(DateTimeOffset time, TimeSpan by) => by < DateTimeOffset.MaxValue - time ? time + by : DateTimeOffset.MaxValue;
    }
}
