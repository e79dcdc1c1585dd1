using System.Runtime.InteropServices;
using Actors.Reliability.Model;
using Actors.Wal.Local;

namespace Actors.Reliability.Processes;

/// <summary>
/// A process that writes as fast as it can until it is killed. It prints one line per acknowledged operation; every printed operation
/// must survive.
/// </summary>
internal sealed partial class Writer(WriterOptions options)
{
    public const int Done = 0;
    public const int Killed = 137;
    public const int RefusedToOpen = 3;
    public const int Failed = 4;
    public const int BrokeItsPromise = 5;

    private static readonly TimeSpan RoomPoll = TimeSpan.FromMilliseconds(20);

    private readonly Lock _output = new();
    private volatile bool _failed;

    /// <summary>Runs the writers.</summary>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync()
    {
        LocalLogStore store;
        try
        {
            store = await LocalLogStore.OpenAsync(options.Store);
        }
        catch (IOException e)
        {
            Say($"{WriterLine.Refused} {e.GetType().Name}: {e.Message}");
            return RefusedToOpen;
        }

        Say(WriterLine.Open);
        try
        {
            await Task.WhenAll(Enumerable.Range(0, options.Writers).Select(w => Task.Run(() => WriteAsync(store, w))));
        }
        catch (Exception e) when (e is not LogStoreException)
        {
            Say($"{WriterLine.Broken} {e}");
            return BrokeItsPromise;
        }

        if (_failed)
            return Failed;
        return options.Closes ? await CloseAsync(store) : EndAtOnce();
    }

    private async Task<int> CloseAsync(LocalLogStore store)
    {
        try
        {
            await store.DisposeAsync();
            return Done;
        }
        catch (IOException e)
        {
            Fail($"{e.GetType().Name}: {e.Message}");
            return Failed;
        }
    }

    /// <summary>Ends like a killed process: the store is not closed.</summary>
    private static int EndAtOnce()
    {
        Exit(Done);
        return Done;
    }

    private async Task WriteAsync(LocalLogStore store, int writer)
    {
        var streams = new WriterStreams(store);
        try
        {
            foreach (string stream in WriterPlan.StreamsOf(writer))
                await streams.LoadAsync(stream);
        }
        catch (LogStoreException e)
        {
            Fail($"{e.GetType().Name}: {e.Message}");
            return;
        }

        for (int number = 0; number != options.Operations && !_failed; number++)
        {
            if (!await WriteAsync(streams, writer, number))
                return;
        }
    }

    private async Task<bool> WriteAsync(WriterStreams streams, int writer, int number)
    {
        ModelOperation operation = WriterPlan.Operation(options, writer, number, streams.Of);
        while (true)
        {
            try
            {
                await streams.RunAsync(operation);
                Say($"{WriterLine.Acknowledged} {writer} {number}");
                return true;
            }
            catch (StoreFullException)
            {
                // Nothing was written, and reads still work. The operation is repeated until there is space.
                Say($"{WriterLine.Rejected} {writer} {number}");
                await streams.CheckAsync(operation.Parts[0].Stream);
                await Task.Delay(RoomPoll, TimeProvider.System);
                Say($"{WriterLine.Again} {writer} {number}");
            }
            catch (LogStoreException e) when (e is StoreFailedException or AppendOutcomeUnknownException)
            {
                if (e is StoreFailedException)
                    Say($"{WriterLine.Rejected} {writer} {number}");
                Fail($"{e.GetType().Name}: {e.Message}");
                await RequireRefusalAsync(streams, operation);
                return false;
            }
        }
    }

    /// <summary>Checks that a failed store acknowledges nothing until it is opened again.</summary>
    private static async Task RequireRefusalAsync(WriterStreams streams, ModelOperation operation)
    {
        try
        {
            await streams.RunAsync(operation);
        }
        catch (AppendRejectedException)
        {
            return;
        }

        throw new InvariantException($"After the store had failed, {operation} was acknowledged.");
    }

    private void Fail(string reason)
    {
        _failed = true;
        Say($"{WriterLine.Failed} {reason}");
    }

    private void Say(string line)
    {
        lock (_output)
            Console.Out.Write(line.ReplaceLineEndings(" ") + "\n");
    }

    [LibraryImport("libc", EntryPoint = "_exit")]
    private static partial void Exit(int code);
}
