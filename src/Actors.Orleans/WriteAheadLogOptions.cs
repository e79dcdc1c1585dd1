using Actors.Wal;
using Actors.Wal.Backup;

namespace Actors.Orleans;

/// <summary>The options of a write-ahead log provider. Times and sizes are checked when the silo starts.</summary>
public sealed class WriteAheadLogOptions
{
    /// <summary>The provider's default name.</summary>
    public const string DefaultName = "wal";

    /// <summary>The local store's directory. Needed unless <see cref="UseStore"/> gives another store.</summary>
    public string Directory { get; set; } = "";

    /// <summary>See <see cref="LocalLogStoreOptions.Sync"/>.</summary>
    public SyncPolicy Sync { get; set; } = SyncPolicy.Always;

    /// <summary>See <see cref="LocalLogStoreOptions.SegmentBytes"/>.</summary>
    public long SegmentBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>See <see cref="LocalLogStoreOptions.SegmentAge"/>.</summary>
    public TimeSpan? SegmentAge { get; set; } = TimeSpan.FromHours(1);

    /// <summary>See <see cref="LocalLogStoreOptions.MaxBatchBytes"/>.</summary>
    public int MaxBatchBytes { get; set; } = 8 * 1024 * 1024;

    /// <summary>See <see cref="LocalLogStoreOptions.MaxWaitingBytes"/>.</summary>
    public long MaxWaitingBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>See <see cref="LocalLogStoreOptions.MaxRecordBytes"/>.</summary>
    public int MaxRecordBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>See <see cref="LocalLogStoreOptions.IndexSnapshotBytes"/>.</summary>
    public long IndexSnapshotBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>See <see cref="LocalLogStoreOptions.VerifyOnOpen"/>.</summary>
    public bool VerifyOnOpen { get; set; }

    /// <summary>See <see cref="LocalLogStoreOptions.MaxDeadShare"/>.</summary>
    public double MaxDeadShare { get; set; } = 0.5;

    /// <summary>See <see cref="LocalLogStoreOptions.CompactionBytesPerSecond"/>.</summary>
    public long CompactionBytesPerSecond { get; set; } = 128 * 1024 * 1024;

    /// <summary>See <see cref="LocalLogStoreOptions.CompressAfter"/>.</summary>
    public TimeSpan? CompressAfter { get; set; }

    /// <summary>See <see cref="LocalLogStoreOptions.QuotaBytes"/>.</summary>
    public long? QuotaBytes { get; set; }

    /// <summary>A directory that takes a copy of every segment before compaction may replace it, or null. See <see cref="DirectoryArchive"/>.</summary>
    public string? ArchiveDirectory { get; set; }

    /// <summary>The retention of grain logs, unless their attribute or <see cref="NamedRetention"/> sets another one. All by default.</summary>
    public Retention Retention { get; set; } = Retention.All;

    /// <summary>The retention of grain storage, unless <see cref="NamedRetention"/> sets another one. The last state by default.</summary>
    public Retention StateRetention { get; set; } = Retention.Last;

    /// <summary>The retention of grain logs and states, by their name.</summary>
    public IDictionary<string, Retention> NamedRetention { get; } = new Dictionary<string, Retention>(StringComparer.Ordinal);

    /// <summary>How events and states are encoded.</summary>
    public LogCodec Codec { get; set; } = LogCodec.Auto;

    /// <summary>A grain log takes a checkpoint after this many events; at least 1. 1,000 by default.</summary>
    public int CheckpointEvents { get; set; } = 1000;

    /// <summary>A grain log takes a checkpoint after this many bytes of events; at least 1. 1 MiB by default.</summary>
    public long CheckpointBytes { get; set; } = 1024 * 1024;

    /// <summary>
    /// A grain log takes a checkpoint once its tail lies in this many places of the log that are at least 65,536 records apart. An activation
    /// reads each place separately. At least 1; 64 by default.
    /// </summary>
    public int CheckpointSpread { get; set; } = 64;

    /// <summary>Whether a grain log that has events since its last checkpoint takes one when its grain deactivates. On by default.</summary>
    public bool CheckpointAtDeactivation { get; set; } = true;

    /// <summary>How many idempotency keys each grain log remembers: the last ones. 0 to 65,535; 256 by default. Checkpoints hold them.</summary>
    public int IdempotencyWindow { get; set; } = 256;

    /// <summary>How many streams grain storage keeps open; at least 16. 65,536 by default.</summary>
    public int StorageStreams { get; set; } = 65_536;

    /// <summary>Whether the store belongs to one silo, so that a cluster of several is refused.</summary>
    internal bool IsLocal => Store is null;

    internal Func<IServiceProvider, CancellationToken, Task<ILogStore>>? Store { get; private set; }

    /// <summary>Opens a reader of a store that is not local, with the name of its place; null if it can't be read without opening it.</summary>
    internal Func<IServiceProvider, CancellationToken, Task<(string Place, ILogReader Reader)>>? OpenReader { get; set; }

    /// <summary>Keeps the logs in a directory of this machine. One silo owns it.</summary>
    public WriteAheadLogOptions UseLocal(string directory)
    {
        Directory = directory;
        Store = null;
        OpenReader = null;
        return this;
    }

    /// <summary>
    /// Keeps the logs in a store that the caller opens when the silo starts. The provider closes it when the silo's
    /// grains are gone. Such a store may serve several silos if it supports that.
    /// </summary>
    public WriteAheadLogOptions UseStore(Func<IServiceProvider, CancellationToken, Task<ILogStore>> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        Store = open;
        OpenReader = null;
        return this;
    }

    /// <summary>The options for opening the stream of a log or state with this name.</summary>
    internal StreamOptions StreamOptionsOf(string name, Retention otherwise)
        => new() { Retention = NamedRetention.TryGetValue(name, out Retention named) ? named : otherwise };

    internal LocalLogStoreOptions ToLocal(TimeProvider time) => new()
    {
        Directory = Directory,
        Sync = Sync,
        SegmentBytes = SegmentBytes,
        SegmentAge = SegmentAge,
        MaxBatchBytes = MaxBatchBytes,
        MaxWaitingBytes = MaxWaitingBytes,
        MaxRecordBytes = MaxRecordBytes,
        IndexSnapshotBytes = IndexSnapshotBytes,
        VerifyOnOpen = VerifyOnOpen,
        MaxDeadShare = MaxDeadShare,
        CompactionBytesPerSecond = CompactionBytesPerSecond,
        CompressAfter = CompressAfter,
        QuotaBytes = QuotaBytes,
        Archive = string.IsNullOrWhiteSpace(ArchiveDirectory) ? null : new DirectoryArchive(ArchiveDirectory),
        Retention = Retention,
        Time = time,
    };

    internal void Validate(string name)
    {
        string prefix = $"Write-ahead log '{name}': ";
        if (IsLocal && string.IsNullOrWhiteSpace(Directory))
            throw new OrleansConfigurationException(prefix + $"{nameof(Directory)} is missing; name the directory that this silo keeps its logs in.");
        if (CheckpointEvents < 1)
            throw new OrleansConfigurationException(prefix + $"{nameof(CheckpointEvents)} is {CheckpointEvents}; it must be at least 1.");
        if (CheckpointBytes < 1)
            throw new OrleansConfigurationException(prefix + $"{nameof(CheckpointBytes)} is {CheckpointBytes}; it must be at least 1.");
        if (CheckpointSpread < 1)
            throw new OrleansConfigurationException(prefix + $"{nameof(CheckpointSpread)} is {CheckpointSpread}; it must be at least 1.");
        if (IdempotencyWindow is < 0 or > KeyedPayload.MaxKeys)
            throw new OrleansConfigurationException(prefix + $"{nameof(IdempotencyWindow)} is {IdempotencyWindow}; it must be 0 to {KeyedPayload.MaxKeys}.");
        if (StorageStreams < 16)
            throw new OrleansConfigurationException(prefix + $"{nameof(StorageStreams)} is {StorageStreams}; it must be at least 16.");
        if (!Enum.IsDefined(Codec))
            throw new OrleansConfigurationException(prefix + $"{nameof(Codec)} is {Codec}; it must be Auto, MessagePack or Orleans.");
        if (!IsLocal)
            return;
        try
        {
            ToLocal(TimeProvider.System).Validate();
        }
        catch (ArgumentException e)
        {
            throw new OrleansConfigurationException(prefix + e.Message, e);
        }
    }
}
