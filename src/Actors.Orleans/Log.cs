using Actors.Wal;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans;

/// <summary>All log messages.</summary>
internal static partial class Log
{
    public static void Opened(ILogger logger, string name, string directory, RecoveryReport report)
    {
        Opened(logger, name, directory, report.Streams, report.Frames, report.Segments, report.Elapsed.TotalMilliseconds, report.CleanClose || report.Created);
        if (report.Torn is { } torn)
            CutTail(logger, name, torn.Bytes, torn.File, torn.OffsetBytes, torn.LastLsn, torn.Frames, torn.Copy);
    }

    [LoggerMessage(1, LogLevel.Information, "Write-ahead log {Name} opened in {Directory}: {Streams} streams, {Frames} frames in {Segments} segments, {Milliseconds:F0} ms, closed cleanly before: {Clean}.")]
    private static partial void Opened(ILogger logger, string name, string directory, long streams, long frames, int segments, double milliseconds, bool clean);

    [LoggerMessage(2, LogLevel.Warning, "Write-ahead log {Name}: cut {Bytes} bytes of a write that was never acknowledged from the end of {File} at offset {Offset}, after LSN {Lsn} ({Frames} frames as far as known). A copy is in {Copy}.")]
    private static partial void CutTail(ILogger logger, string name, long bytes, string file, long offset, Lsn lsn, int? frames, string copy);

    [LoggerMessage(7, LogLevel.Information, "Write-ahead log {Name} is being opened: {Read} of {Total} bytes read in {Seconds:F0} s.")]
    public static partial void Opening(ILogger logger, string name, long read, long total, double seconds);

    [LoggerMessage(3, LogLevel.Information, "Write-ahead log {Name} closed.")]
    public static partial void Closed(ILogger logger, string name);

    [LoggerMessage(4, LogLevel.Error, "Grain log {Stream}: the checkpoint at {Version} failed. Appends go on; activation replays more events until one succeeds.")]
    public static partial void CheckpointFailed(ILogger logger, LogStreamId stream, Sequence version, Exception error);

    [LoggerMessage(5, LogLevel.Error, "Grain log {Stream}: this activation can't go on at version {Version} and is being deactivated.")]
    public static partial void Faulted(ILogger logger, LogStreamId stream, Sequence version, Exception error);

    [LoggerMessage(8, LogLevel.Warning, "Events of type {Type} have no [Alias]: their name in the log is that of the class, and can't be replayed once the class is renamed or moved.")]
    public static partial void EventWithoutAlias(ILogger logger, Type type);

    [LoggerMessage(9, LogLevel.Warning, "States of type {Type} can't be serialized: no checkpoints are taken of them, and grains replay their logs from the beginning.")]
    public static partial void StateNotSerializable(ILogger logger, Type type, Exception error);

    [LoggerMessage(10, LogLevel.Warning, "Grain {Grain}: its {Callback} failed. Its log is not touched by that.")]
    public static partial void CallbackFailed(ILogger logger, GrainId grain, string callback, Exception error);

    [LoggerMessage(11, LogLevel.Error, "Grain {Grain}: {Message}")]
    public static partial void ProtocolError(ILogger logger, GrainId grain, string message);

    [LoggerMessage(12, LogLevel.Error, "Grain {Grain}: an exception at {Place}.")]
    public static partial void ProtocolException(ILogger logger, GrainId grain, string place, Exception error);

    [LoggerMessage(13, LogLevel.Critical, "Stream {Stream} is quarantined: its grain can't be activated because of event {Version}. Other grains go on. The error says what to do.")]
    public static partial void Quarantined(ILogger logger, LogStreamId stream, Sequence version, Exception error);

    [LoggerMessage(14, LogLevel.Information, "Stream {Stream} is quarantined no longer: its grain was activated.")]
    public static partial void QuarantineLeft(ILogger logger, LogStreamId stream);

    [LoggerMessage(15, LogLevel.Warning, "Event {Version} of stream {Stream} is passed over, as an operator has told.")]
    public static partial void EventSkipped(ILogger logger, LogStreamId stream, Sequence version);

    [LoggerMessage(16, LogLevel.Warning, "An operator has told to pass over event {Version} of stream {Stream}: {Reason}")]
    public static partial void SkipTold(ILogger logger, LogStreamId stream, Sequence version, string reason);

    [LoggerMessage(19, LogLevel.Warning, "Stream {Stream}: the checkpoint at event {Checkpoint} can't be used, because {Reason}. The state is rebuilt from events 1 to {Last}.")]
    public static partial void Rebuilding(ILogger logger, LogStreamId stream, Sequence checkpoint, Sequence last, string reason);

    [LoggerMessage(18, LogLevel.Warning, "An operator has taken back that event {Version} of stream {Stream} is passed over: {Reason}")]
    public static partial void SkipTakenBack(ILogger logger, LogStreamId stream, Sequence version, string reason);

    [LoggerMessage(17, LogLevel.Warning, "Stream {Stream}: another activation has opened it. This one is being deactivated; what it remembers may be old.")]
    public static partial void Fenced(ILogger logger, LogStreamId stream);

    [LoggerMessage(6, LogLevel.Warning, "Grain log {Stream}: the state that came with the migration could not be used; it is replayed.")]
    public static partial void RehydrationFailed(ILogger logger, LogStreamId stream, Exception error);

    [LoggerMessage(20, LogLevel.Warning, "Grain classes with logs have no [GrainType]: {Classes}. Their streams are named after the class. Renaming a class would leave its grains empty; give each [GrainType(\"…\")] with the name that it has now.")]
    public static partial void NamedByClass(ILogger logger, string classes);
}
