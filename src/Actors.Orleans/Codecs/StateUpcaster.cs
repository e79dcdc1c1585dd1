using Actors.Wal;

namespace Actors.Orleans.Codecs;

/// <summary>Turns a checkpoint of an earlier version into a state of the current type.</summary>
/// <param name="version">The version in the checkpoint; null for a checkpoint without one.</param>
/// <param name="isAny">Whether the upcaster is for all versions that have no upcaster of their own.</param>
internal abstract class StateUpcaster<TState>(int? version, bool isAny)
{
    public ulong? Version => (ulong?)version;

    public bool IsAny => isAny;

    /// <exception cref="GrainLogDecodeException">The state can't be decoded as the old type.</exception>
    public abstract TState Read(LogCodecs codecs, LogCodec wanted, in LogRecord state);
}

internal sealed class StateUpcaster<TState, TOld>(int? version, bool isAny, Func<TOld, TState> upcast) : StateUpcaster<TState>(version, isAny)
{
    public override TState Read(LogCodecs codecs, LogCodec wanted, in LogRecord state) => upcast(codecs.ForState<TOld>(wanted).Decode(state));
}
