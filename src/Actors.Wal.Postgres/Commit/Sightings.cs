using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Decides whether the position behind the last row that an owner knows is certainly free or taken, and not taken and trimmed since. Then
/// the primary key alone shows whether the owner still owns the stream. This process's clock is checked before the statement is sent. The
/// statement itself checks the server's clock, because it may arrive late.
/// </summary>
/// <param name="time">The clock of this process.</param>
internal sealed class Sightings(TimeProvider time)
{
    /// <summary>
    /// How long a sighting is valid. With the 30 seconds that a statement may take, this is half of the least
    /// <see cref="PostgresLogStoreOptions.TrimAfter"/>, which another process may have set. The other half covers a server clock that is set back.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Returns the SQL condition under which the sightings are valid while the statement runs.</summary>
    /// <param name="parameter">The number of the first of its three parameters.</param>
    public static string Condition(int parameter) => string.Create(System.Globalization.CultureInfo.InvariantCulture,
        $"now() >= ${parameter}::timestamptz AND now() < ${parameter + 1}::timestamptz AND pg_postmaster_start_time() = ${parameter + 2}::timestamptz");

    public bool Suffice(IReadOnlyList<StreamBatch> streams)
    {
        if (streams[0].Stream.Seen is not { } first)
            return false;
        long now = time.GetTimestamp();
        foreach (StreamBatch stream in streams)
        {
            if (stream.Stream.Seen is not { } seen || seen.ServerStarted != first.ServerStarted || time.GetElapsedTime(seen.Timestamp, now) >= Limit)
                return false;
        }

        return true;
    }

    /// <summary>Returns the parameters of rows, followed by those of the condition.</summary>
    public static IRowParameters With(IRowParameters rows) => new SightedRows(rows);

    private sealed class SightedRows(IRowParameters rows) : IRowParameters
    {
        private readonly NpgsqlParameter<DateTime> _from = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
        private readonly NpgsqlParameter<DateTime> _until = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
        private readonly NpgsqlParameter<DateTime> _started = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };

        public int Rows => rows.Rows;

        public void Bind(NpgsqlParameterCollection parameters)
        {
            rows.Bind(parameters);
            parameters.Add(_from);
            parameters.Add(_until);
            parameters.Add(_started);
        }

        public void Fill(IReadOnlyList<StreamBatch> streams)
        {
            rows.Fill(streams);
            DateTime oldest = DateTime.MaxValue;
            DateTime newest = DateTime.MinValue;
            foreach (StreamBatch stream in streams)
            {
                Sighting seen = stream.Stream.Seen!.Value;
                oldest = seen.Time < oldest ? seen.Time : oldest;
                newest = seen.Time > newest ? seen.Time : newest;
            }

            // No row may have an earlier time than the row before it.
            _from.TypedValue = newest;
            _until.TypedValue = oldest + Limit;
            _started.TypedValue = streams[0].Stream.Seen!.Value.ServerStarted;
        }
    }
}
