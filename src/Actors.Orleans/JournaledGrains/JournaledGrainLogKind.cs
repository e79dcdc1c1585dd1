using System.Collections.Concurrent;
using Actors.Orleans.Codecs;
using Actors.Orleans.Hosting;
using Actors.Wal;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.JournaledGrains;

/// <summary>The parts that the logs of all journaled grains of a view and an event type share.</summary>
internal sealed record JournaledGrainLogKind<TView, TEntry>(
    LogStoreHost Host,
    CheckpointCodec<TView>? Views,
    PayloadCodec<TEntry> Entries,
    StreamOptions StreamOptions,
    TimeProvider Time,
    ILogger Logger)
{
    private readonly ConcurrentDictionary<Type, bool> _named = new();

    /// <summary>Warns once for each event type whose name in the log is that of its class.</summary>
    public void CheckName(TEntry entry)
    {
        Type type = entry!.GetType();
        if (Entries.Number == (byte)LogCodec.Orleans && _named.TryAdd(type, true) && !type.IsDefined(typeof(AliasAttribute), inherit: false))
            Log.EventWithoutAlias(Logger, type);
    }
}
