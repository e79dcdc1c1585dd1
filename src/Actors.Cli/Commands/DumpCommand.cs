using System.CommandLine;
using Actors.Cli.Output;
using Actors.Cli.Stores;

namespace Actors.Cli.Commands;

/// <summary>Prints a stream's events as JSON, one per line. The program's types are not needed.</summary>
internal static class DumpCommand
{
    private static readonly TimeSpan FollowPeriod = TimeSpan.FromMilliseconds(500);

    public static Command Make()
    {
        Argument<string> store = CommandLine.Store();
        var stream = new Argument<string>("stream") { Description = "The stream's name, as inspect --streams shows it" };
        var from = new Option<long>("--from") { Description = "The first sequence", DefaultValueFactory = _ => 1 };
        var to = new Option<long>("--to") { Description = "The last sequence", DefaultValueFactory = _ => long.MaxValue };
        var checkpoint = new Option<bool>("--checkpoint") { Description = "Begin with the last checkpoint instead" };
        var follow = new Option<bool>("--follow") { Description = "Go on with what is appended, until stopped" };
        var command = new Command("dump", "Prints a stream's events as JSON, one a line.\n\nExamples:\n  walctl dump /data account/17/account --from 100 --to 120\n  walctl dump /data account/17/account --checkpoint --follow\n  walctl dump \"postgres://silo@db/bank?schema=actors\" account/17/account") { store, stream, from, to, checkpoint, follow };
        from.Require(f => f >= 0, "must be 0 or more.");
        to.Require(t => t >= 0, "must be 0 or more.");
        command.SetAction(async (result, cancellationToken) =>
        {
            if (result.GetValue(from) > result.GetValue(to))
                throw new ArgumentException($"--from {result.GetValue(from)} comes after --to {result.GetValue(to)}: there is nothing between them.");
            var dump = new Dump(StoreAddress.Parse(result.GetValue(store)!), new LogStreamId(result.GetValue(stream)!), new Sequence(result.GetValue(from)), new Sequence(result.GetValue(to)));
            await dump.RunAsync(result.GetValue(checkpoint), cancellationToken);
            while (result.GetValue(follow) && !dump.IsDone)
            {
                await Task.Delay(FollowPeriod, TimeProvider.System, cancellationToken);
                await dump.RunAsync(fromCheckpoint: false, cancellationToken);
            }

            return ExitCodes.Fine;
        });
        return command;
    }

    private sealed class Dump(StoreAddress address, LogStreamId stream, Sequence from, Sequence to)
    {
        private Sequence _next = from;

        public bool IsDone => _next > to;

        /// <summary>Prints the records that were appended since the last call.</summary>
        public async Task RunAsync(bool fromCheckpoint, CancellationToken cancellationToken)
        {
            // A local reader shows the store as of its opening, so each call opens a new one.
            using ILogReader reader = await address.OpenReaderAsync(cancellationToken);
            if (await reader.FindAsync(stream, cancellationToken) is not { } info)
                throw new ArgumentException($"There is no stream '{stream}' in '{address}'. inspect --streams lists them.");
            if (fromCheckpoint && info.Head.Next > _next)
                _next = info.Head.Next;
            await foreach (LogRecord record in fromCheckpoint ? reader.ReplayAsync(stream, cancellationToken) : reader.ReadAsync(stream, _next, to, cancellationToken))
            {
                JsonLines.Write(record);
                if (record.Sequence.Next > _next)
                    _next = record.Sequence.Next;
            }
        }
    }
}
