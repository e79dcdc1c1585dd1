using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Whether the place behind a stream's last row, as its owner knows it, can only be free or taken: not taken and trimmed since.
/// Then the primary key alone tells whether the owner still is one. The owner's clock is asked before sending, and the server's
/// by the statement itself, which may have been long on its way.
/// </summary>
/// <param name="time">The clock of this process.</param>
internal sealed class Sightings(TimeProvider time)
{
    /// <summary>
    /// For how long one does. With the half minute that a statement may take it is half of the least
    /// <see cref="PostgresLogStoreOptions.TrimAfter"/>, which another process may have; the server's clock may be set back by the rest.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Holds when the statement runs, and as long as it may take.</summary>
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

    /// <summary>Rows, and behind them the parameters of the condition.</summary>
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

            // No row is of a time before that of the row in front of it.
            _from.TypedValue = newest;
            _until.TypedValue = oldest + Limit;
            _started.TypedValue = streams[0].Stream.Seen!.Value.ServerStarted;
        }
    }
}
