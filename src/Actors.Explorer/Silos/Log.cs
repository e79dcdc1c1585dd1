using Microsoft.Extensions.Logging;

namespace Actors.Explorer.Silos;

/// <summary>What the explorer writes to the program's log.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "Log explorer: event {Sequence} of stream '{Stream}' of log '{Name}' is skipped from now on: {Reason}")]
    public static partial void Skipped(ILogger logger, string name, string stream, long sequence, string reason);

    [LoggerMessage(2, LogLevel.Warning, "Log explorer: event {Sequence} of stream '{Stream}' of log '{Name}' is not skipped any more: {Reason}")]
    public static partial void Unskipped(ILogger logger, string name, string stream, long sequence, string reason);

    [LoggerMessage(3, LogLevel.Warning, "Log explorer: the last checkpoint of stream '{Stream}' of log '{Name}' was dropped")]
    public static partial void CheckpointDropped(ILogger logger, string name, string stream);

    [LoggerMessage(4, LogLevel.Warning, "Log explorer: log '{Name}': {Done}")]
    public static partial void Changed(ILogger logger, string name, string done);
}
