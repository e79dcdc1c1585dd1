using Actors.Orleans.Hosting;
using Actors.Wal;
using Microsoft.Extensions.Configuration;
using Orleans.Providers;

[assembly: RegisterProvider("WriteAheadLog", "GrainStorage", "Silo", typeof(WriteAheadLogProviderBuilder))]

namespace Actors.Orleans.Hosting;

/// <summary>
/// Adds a provider from the section <c>Orleans:GrainStorage:NAME</c> with <c>ProviderType</c> <c>WriteAheadLog</c>: a write-ahead log, or with
/// <c>LogName</c> grain storage of another name on an existing log.
/// </summary>
internal sealed class WriteAheadLogProviderBuilder : IProviderBuilder<ISiloBuilder>
{
    private static readonly string[] KnownKeys =
        [.. typeof(WriteAheadLogOptions).GetProperties().Where(p => p.CanWrite).Select(p => p.Name), nameof(WriteAheadLogOptions.NamedRetention), "ProviderType", "ServiceKey"];

    public void Configure(ISiloBuilder builder, string? name, IConfigurationSection configurationSection)
    {
        name ??= WriteAheadLogOptions.DefaultName;
        if (configurationSection[LogNameSection.Key] is not null)
            builder.AddWriteAheadLogGrainStorage(name, LogNameSection.Read(configurationSection));
        else
            builder.AddWriteAheadLog(name, options => Bind(options, configurationSection));
    }

    /// <param name="options">The options.</param>
    /// <param name="section">Their settings.</param>
    /// <param name="others">Keys of the section that other code reads.</param>
    public static void Bind(WriteAheadLogOptions options, IConfigurationSection section, params string[] others)
    {
        foreach (IConfigurationSection child in section.GetChildren())
        {
            if (!KnownKeys.Concat(others).Contains(child.Key, StringComparer.OrdinalIgnoreCase))
                throw new OrleansConfigurationException($"{child.Path} is no setting of a write-ahead log; there are {string.Join(", ", KnownKeys)}.");
        }

        try
        {
            options.Directory = section[nameof(options.Directory)] ?? options.Directory;
            options.Sync = section[nameof(options.Sync)] is { } sync ? SyncPolicy.Parse(sync) : options.Sync;
            options.SegmentBytes = section.GetValue(nameof(options.SegmentBytes), options.SegmentBytes);
            options.SegmentAge = section.GetValue(nameof(options.SegmentAge), options.SegmentAge);
            options.MaxBatchBytes = section.GetValue(nameof(options.MaxBatchBytes), options.MaxBatchBytes);
            options.MaxWaitingBytes = section.GetValue(nameof(options.MaxWaitingBytes), options.MaxWaitingBytes);
            options.MaxRecordBytes = section.GetValue(nameof(options.MaxRecordBytes), options.MaxRecordBytes);
            options.IndexSnapshotBytes = section.GetValue(nameof(options.IndexSnapshotBytes), options.IndexSnapshotBytes);
            options.VerifyOnOpen = section.GetValue(nameof(options.VerifyOnOpen), options.VerifyOnOpen);
            options.MaxDeadShare = section.GetValue(nameof(options.MaxDeadShare), options.MaxDeadShare);
            options.CompactionBytesPerSecond = section.GetValue(nameof(options.CompactionBytesPerSecond), options.CompactionBytesPerSecond);
            options.ArchiveDirectory = section[nameof(options.ArchiveDirectory)] ?? options.ArchiveDirectory;
            options.CompressAfter = section.GetValue(nameof(options.CompressAfter), options.CompressAfter);
            options.QuotaBytes = section.GetValue(nameof(options.QuotaBytes), options.QuotaBytes);
            options.Retention = section[nameof(options.Retention)] is { } retention ? Retention.Parse(retention) : options.Retention;
            options.StateRetention = section[nameof(options.StateRetention)] is { } state ? Retention.Parse(state) : options.StateRetention;
            foreach (IConfigurationSection named in section.GetSection(nameof(options.NamedRetention)).GetChildren())
                options.NamedRetention[named.Key] = Retention.Parse(named.Value ?? "");
            options.Codec = section.GetValue(nameof(options.Codec), options.Codec);
            options.CheckpointEvents = section.GetValue(nameof(options.CheckpointEvents), options.CheckpointEvents);
            options.CheckpointBytes = section.GetValue(nameof(options.CheckpointBytes), options.CheckpointBytes);
            options.CheckpointSpread = section.GetValue(nameof(options.CheckpointSpread), options.CheckpointSpread);
            options.CheckpointAtDeactivation = section.GetValue(nameof(options.CheckpointAtDeactivation), options.CheckpointAtDeactivation);
            options.IdempotencyWindow = section.GetValue(nameof(options.IdempotencyWindow), options.IdempotencyWindow);
            options.StorageStreams = section.GetValue(nameof(options.StorageStreams), options.StorageStreams);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new OrleansConfigurationException($"A setting in {section.Path} is wrong: {e.Message}", e);
        }
    }
}
