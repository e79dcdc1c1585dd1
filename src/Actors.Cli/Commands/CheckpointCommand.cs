using System.CommandLine;
using Actors.Cli.Output;
using Actors.Cli.Stores;

namespace Actors.Cli.Commands;

/// <summary>Drops a grain's checkpoint, so that its state is rebuilt from its events.</summary>
internal static class CheckpointCommand
{
    public static Command Make()
    {
        Argument<string> store = CommandLine.Store();
        var stream = new Argument<string>("STREAM") { Description = "The stream" };
        var drop = new Option<bool>("--drop") { Description = "Drop it" };
        var command = new Command("checkpoint", "Drops the checkpoint of a grain log, so that the grain's next activation rebuilds its state from the events. All events must be kept. A local store must not be in use; in a running silo DropCheckpointAsync does the same.\n\nExamples:\n  walctl checkpoint --drop /data account/7/account\n  walctl checkpoint --drop postgres://silo@db/bank account/7/account") { store, stream, drop };
        command.Validators.Add(result =>
        {
            if (!result.GetValue(drop))
                result.AddError("checkpoint does nothing without --drop. 'walctl save-index' saves a store's index.");
        });
        command.SetAction((result, token) => RunAsync(StoreAddress.Parse(result.GetValue(store)!), new LogStreamId(result.GetValue(stream)!), token));
        return command;
    }

    private static async Task<int> RunAsync(StoreAddress address, LogStreamId stream, CancellationToken token)
    {
        Sequence dropped;
        await using (ILogStore store = await address.OpenStoreAsync(token))
            dropped = await DroppedCheckpoint.WriteAsync(store, stream, token);
        Console.WriteLine($"The checkpoint of '{Shown.Plain(stream.Value)}' at event {dropped} is dropped. The grain's next activation replays all its events.");
        return ExitCodes.Fine;
    }
}
