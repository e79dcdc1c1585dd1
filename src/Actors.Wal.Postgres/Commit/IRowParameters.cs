using Npgsql;

namespace Actors.Wal.Postgres.Commit;

/// <summary>Rows as the parameters of a prepared statement.</summary>
internal interface IRowParameters
{
    int Rows { get; }

    /// <summary>Adds the parameters to a command, once.</summary>
    void Bind(NpgsqlParameterCollection parameters);

    /// <summary>Sets the parameters to the rows of these streams.</summary>
    void Fill(IReadOnlyList<StreamBatch> streams);
}
