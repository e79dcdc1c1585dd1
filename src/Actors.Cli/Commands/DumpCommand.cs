using System.CommandLine;
using Actors.Cli.Output;

namespace Actors.Cli.Commands;

/// <summary>A stream's events as JSON, one a line, without the program's types.</summary>
internal static class DumpCommand
{
    private static readonly TimeSpan FollowPeriod = TimeSpan.FromMilliseconds(500);

    public static Command Make()
    {
        Argument<string> directory = CommandLine.Directory();
        var stream = new Argument<string>("stream") { Description = "The stream's name, as inspect --streams shows it" };
        var from = new Option<long>("--from") { Description = "The first sequence", DefaultValueFactory = _ => 1 };
        var to = new Option<long>("--to") { Description = "The last sequence", DefaultValueFactory = _ => long.MaxValue };
        var checkpoint = new Option<bool>("--checkpoint") { Description = "Begin with the last checkpoint instead" };
        var follow = new Option<bool>("--follow") { Description = "Go on with what is appended, until stopped" };
        var command = new Command("dump", "Prints a stream's events as JSON, one a line.\n\nExamples:\n  walctl dump /data account/17/account --from 100 --to 120\n  walctl dump /data account/17/account --checkpoint --follow") { directory, stream, from, to, checkpoint, follow };
        command.SetAction(async (result, cancellationToken) =>
        {
            var id = new StreamId(result.GetValue(stream)!);
            var next = new Sequence(result.GetValue(from));
            var last = new Sequence(result.GetValue(to));
            bool isFirst = true;
            do
            {
                using (var log = ReadOnlyLog.Open(result.GetValue(directory)!))
                {
                    if (log.Find(id) is not { } info)
                        throw new ArgumentException($"There is no stream '{id}' in '{result.GetValue(directory)}'. inspect --streams lists them.");
                    IEnumerable<LogRecord> records = isFirst && result.GetValue(checkpoint) ? log.Replay(id) : log.Read(id, next, last);
                    foreach (LogRecord record in records)
                    {
                        cancellationToken.ThrowIfCancellationRequested();
                        JsonLines.Write(record);
                    }

                    next = info.Head.Next > next ? info.Head.Next : next;
                }

                isFirst = false;
                if (result.GetValue(follow))
                    await Task.Delay(FollowPeriod, TimeProvider.System, cancellationToken);
            }
            while (result.GetValue(follow) && next <= last);
            return ExitCodes.Fine;
        });
        return command;
    }
}
