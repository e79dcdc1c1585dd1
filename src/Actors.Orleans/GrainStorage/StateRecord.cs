using Actors.Wal;

namespace Actors.Orleans.GrainStorage;

/// <summary>The records of grain storage. Each write is a state record. A clear is a state record with codec 0 and no bytes.</summary>
internal static class StateRecord
{
    private const byte ClearedCodec = 0;

    public static EventData Cleared => new(ReadOnlyMemory<byte>.Empty, ClearedCodec);

    public static bool Exists(in LogRecord record) => record.Codec != ClearedCodec;
}
