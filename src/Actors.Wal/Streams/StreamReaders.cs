using Actors.Wal.Reading;

namespace Actors.Wal.Streams;

/// <summary>The readers of a stream's frames: the last checkpoint and the events behind it are at different places.</summary>
/// <param name="Events">Reads events, from the head back.</param>
/// <param name="Checkpoint">Reads the last checkpoint.</param>
internal readonly record struct StreamReaders(FrameReader Events, FrameReader Checkpoint);
