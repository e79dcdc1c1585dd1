using Actors.Wal;

namespace Actors.Explorer.Sources;

/// <summary>The streams of a log, for a time.</summary>
/// <param name="Newest">Returns a page of them, the last written ones first, by how many come before it and how long it is.</param>
/// <param name="Find">Returns a stream by its id.</param>
/// <param name="Count">How many there are.</param>
/// <param name="Release">Call it after use.</param>
internal sealed record ListedStreams(Func<long, int, IReadOnlyList<StreamInfo>> Newest, Func<LogStreamId, ValueTask<StreamInfo?>> Find, long Count, Action Release);
