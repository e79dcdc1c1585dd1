namespace Actors.Benchmarks.Grains;

/// <summary>The names of the silo's providers.</summary>
internal static class StorageNames
{
    public const string Memory = "memory";
    public const string AdoNet = "adonet";
    public const string LogStorage = "logstorage";
    public const string StateStorage = "statestorage";
    public const string Wal = "wal";

    /// <summary>A write-ahead log without checkpoints, so that activation replays every event.</summary>
    public const string Replayed = "replayed";
}
