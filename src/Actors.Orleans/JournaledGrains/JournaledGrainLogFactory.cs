using System.Collections.Concurrent;
using Actors.Orleans.Codecs;
using Actors.Orleans.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.EventSourcing;
using Orleans.Serialization;
using Orleans.Storage;

namespace Actors.Orleans.JournaledGrains;

/// <summary>The log-consistency provider of a write-ahead log: makes the logs of journaled grains.</summary>
internal sealed class JournaledGrainLogFactory(LogStoreHost host, LogCodecs codecs, ILoggerFactory loggers, TimeProvider time) : ILogViewAdaptorFactory
{
    /// <summary>The name of a journaled grain's log: the last part of its stream's id, and its key among the named retentions.</summary>
    public const string StreamName = "journaled";

    private readonly ILogger _logger = loggers.CreateLogger("Actors.Orleans.JournaledGrain");
    private readonly ConcurrentDictionary<(Type View, Type Entry), object> _kinds = new();

    public bool UsesStorageProvider => false;

    public ILogViewAdaptor<TLogView, TLogEntry> MakeLogViewAdaptor<TLogView, TLogEntry>(
        ILogViewAdaptorHost<TLogView, TLogEntry> hostGrain,
        TLogView initialState,
        string grainTypeName,
        IGrainStorage? grainStorage,
        ILogConsistencyProtocolServices services)
        where TLogView : class, new()
        where TLogEntry : class
    {
        var kind = (JournaledGrainLogKind<TLogView, TLogEntry>)_kinds.GetOrAdd((typeof(TLogView), typeof(TLogEntry)), static (_, self) => self.KindOf<TLogView, TLogEntry>(), this);
        return new JournaledGrainLog<TLogView, TLogEntry>(kind, hostGrain, ((IGrainBase)hostGrain).GrainContext, services);
    }

    private JournaledGrainLogKind<TLogView, TLogEntry> KindOf<TLogView, TLogEntry>()
        where TLogView : class, new()
        => new(host, TryForCheckpoint<TLogView>(), EntriesOf<TLogEntry>(), host.Options.StreamOptionsOf(StreamName, host.Options.Retention), time, _logger);

    private PayloadCodec<TLogEntry> EntriesOf<TLogEntry>()
    {
        PayloadCodec<TLogEntry> entries = codecs.ForEvent<TLogEntry>(host.Options.Codec);
        return entries.Splits
            ? throw new OrleansConfigurationException($"An upcaster turns one event of type {typeof(TLogEntry)} into several, and journaled grains use that type. Their versions count events: let one event become one.")
            : entries;
    }

    /// <summary>Returns the codec of checkpoints; null for a state that is not serializable. Its log is replayed from the beginning.</summary>
    private CheckpointCodec<TLogView>? TryForCheckpoint<TLogView>()
    {
        CheckpointCodec<TLogView>? codec = codecs.TryForCheckpoint<TLogView>(host.Options.Codec, out CodecNotFoundException? error);
        if (error is not null)
            Log.StateNotSerializable(_logger, typeof(TLogView), error);
        return codec;
    }
}
