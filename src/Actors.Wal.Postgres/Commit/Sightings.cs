using System.Globalization;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Commit;

/// <summary>
/// Decides whether the positions behind the last rows that owners know are certainly free or taken, and not taken and trimmed since. Then
/// the primary key alone shows whether the owners still own their streams. This process's clock is checked before the statement is sent.
/// </summary>
internal static class Sightings
{
    /// <summary>
    /// How long a sighting is valid. With the 30 seconds that a statement may take, this is half of the least
    /// <see cref="PostgresLogStoreOptions.TrimAfter"/>, which another process may have set. The other half covers a server clock that is set back.
    /// </summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    public static bool Suffice(IReadOnlyList<StreamBatch> streams, TimeProvider time)
    {
        DateTime? server = streams[0].Stream.Seen?.ServerStarted;
        long now = time.GetTimestamp();
        foreach (StreamBatch stream in streams)
        {
            if (stream.Stream.Seen is not { } seen || seen.ServerStarted != server || time.GetElapsedTime(seen.Timestamp, now) >= Limit)
                return false;
        }

        return true;
    }
}

/// <summary>
/// Rows whose statement runs only while the sightings of their streams are valid. The server's clock is checked, because the statement may
/// arrive late.
/// </summary>
internal sealed class SightedRows(RowParameters rows) : IRowParameters
{
    private readonly NpgsqlParameter<DateTime> _from = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
    private readonly NpgsqlParameter<DateTime> _until = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };
    private readonly NpgsqlParameter<DateTime> _started = new() { NpgsqlDbType = NpgsqlDbType.TimestampTz };

    public int Rows => rows.Rows;

    /// <summary>Returns the SQL condition under which the statement may insert the rows.</summary>
    /// <param name="first">The number of the rows' first parameter.</param>
    public string Condition(int first)
    {
        int next = first + rows.Parameters;
        return string.Create(CultureInfo.InvariantCulture,
            $"now() >= ${next}::timestamptz AND now() < ${next + 1}::timestamptz AND pg_postmaster_start_time() = ${next + 2}::timestamptz");
    }

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
        Sighting first = streams[0].Stream.Seen!.Value;
        (DateTime oldest, DateTime newest) = (first.Time, first.Time);
        foreach (StreamBatch stream in streams)
        {
            DateTime seen = stream.Stream.Seen!.Value.Time;
            oldest = seen < oldest ? seen : oldest;
            newest = seen > newest ? seen : newest;
        }

        // No row may have an earlier time than the row before it.
        _from.TypedValue = newest;
        _until.TypedValue = oldest + Sightings.Limit;
        _started.TypedValue = first.ServerStarted;
    }
}
