using System.CommandLine;
using Actors.Cli.Stores;

namespace Actors.Cli.Commands;

/// <summary>Tells the grains of a store to pass over an event that they can't decode or apply.</summary>
internal static class SkipCommand
{
    public static Command Make()
    {
        Argument<string> store = CommandLine.Store();
        var stream = new Argument<string>("STREAM") { Description = "The stream" };
        var sequence = new Argument<long>("SEQUENCE") { Description = "The event" };
        var undo = new Option<bool>("--undo") { Description = "Take it back" };
        var reason = new Option<string>("--reason") { Description = "Why; kept in the store", Required = true };
        var command = new Command("skip", "Tells the grains of a store to pass over an event where it can't be decoded or applied. The event stays in the log, and so does the telling. A local store must not be in use; a running silo is told by its own SkipEventAsync.\n\nExamples:\n  walctl skip /data account/7/account 1234 --reason \"written by the broken release of 3 May\"\n  walctl skip postgres://silo@db/bank account/7/account 1234 --reason \"written by the broken release of 3 May\"") { store, stream, sequence, reason, undo };
        command.SetAction((result, token) => RunAsync(StoreAddress.Parse(result.GetValue(store)!), result.GetValue(stream)!, result.GetValue(sequence), result.GetValue(reason)!, result.GetValue(undo), token));
        return command;
    }

    private static async Task<int> RunAsync(StoreAddress address, string stream, long sequence, string reason, bool undo, CancellationToken token)
    {
        Sequence? included = null;
        await using (ILogStore store = await address.OpenStoreAsync(token))
        {
            var skipped = new SkippedEvent(new LogStreamId(stream), new Sequence(sequence), reason, TimeProvider.System.GetUtcNow());
            if (undo)
                await SkippedEvents.RemoveAsync(store, skipped, token);
            else
                included = await SkippedEvents.AddAsync(store, skipped, token);
        }

        Console.WriteLine(undo
            ? $"Event {sequence} of '{stream}' is passed over no longer: a grain that can't decode or apply it is not activated."
            : $"Event {sequence} of '{stream}' is passed over from now on where it can't be decoded or applied. 'walctl dump {address} {SkippedEvents.Stream}' shows all that are.");
        if (included is { } checkpoint)
            Console.WriteLine($"The checkpoint at {checkpoint} includes it: it stays in the grain's state unless that is rebuilt.");
        return ExitCodes.Fine;
    }
}
