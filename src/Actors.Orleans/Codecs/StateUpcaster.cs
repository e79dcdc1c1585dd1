using Actors.Wal;

namespace Actors.Orleans.Codecs;

/// <summary>Makes a state of today out of a checkpoint of an earlier version.</summary>
/// <param name="version">The version that the checkpoint says; null for one that says none.</param>
/// <param name="isAny">Whether it is for all versions that have no upcaster of their own.</param>
internal abstract class StateUpcaster<TState>(int? version, bool isAny)
{
    public ulong? Version => (ulong?)version;

    public bool IsAny => isAny;

    /// <exception cref="GrainLogDecodeException">It can't be decoded as the old type.</exception>
    public abstract TState Read(LogCodecs codecs, LogCodec wanted, in LogRecord state);
}

internal sealed class StateUpcaster<TState, TOld>(int? version, bool isAny, Func<TOld, TState> upcast) : StateUpcaster<TState>(version, isAny)
{
    public override TState Read(LogCodecs codecs, LogCodec wanted, in LogRecord state) => upcast(codecs.ForState<TOld>(wanted).Decode(state));
}
