namespace Actors.Benchmarks.Grains;

/// <summary>The names of the silo's providers.</summary>
internal static class StorageNames
{
    public const string Memory = "memory";
    public const string AdoNet = "adonet";
    public const string LogStorage = "logstorage";
    public const string StateStorage = "statestorage";

    // Each door has its own store, so that compaction for one door does not run while another is measured.
    public const string GrainLogs = "grain-logs";
    public const string States = "states";
    public const string Journaled = "journaled";
    public const string Durable = "durable";
    public const string Transactions = "transactions";
    public const string Postgres = "postgres";

    /// <summary>A write-ahead log without checkpoints, so that activation replays every event.</summary>
    public const string Replayed = "replayed";
}
