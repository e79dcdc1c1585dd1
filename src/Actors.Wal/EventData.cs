namespace Actors.Wal;

/// <summary>An event to append: its bytes, and a number that names how they were encoded.</summary>
/// <param name="Payload">The encoded event. The memory must not change until the append has returned.</param>
/// <param name="Codec">The caller's own number for the encoding; recorded in the frame and returned on reading.</param>
public readonly record struct EventData(ReadOnlyMemory<byte> Payload, byte Codec = 0);
