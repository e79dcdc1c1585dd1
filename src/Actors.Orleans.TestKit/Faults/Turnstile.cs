namespace Actors.Orleans.TestKit.Faults;

/// <summary>Passes the appends of one stream on in the order in which they came, held or not, and makes them fail as planned.</summary>
internal sealed class Turnstile(AppendFaults faults)
{
    private readonly Lock _gate = new();
    private Task _before = Task.CompletedTask;

    public ValueTask<T> PassAsync<T>(IReadOnlyList<LogStreamId> streams, Func<ValueTask<T>> append)
    {
        AppendFault? fault = faults.Take(streams);
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Task before;
        lock (_gate)
        {
            Task released = faults.Released;
            before = released.IsCompleted ? _before : Task.WhenAll(_before, released);
            _before = started.Task;
        }

        return RunAsync(streams, append, fault, before, started);
    }

    private async ValueTask<T> RunAsync<T>(IReadOnlyList<LogStreamId> streams, Func<ValueTask<T>> append, AppendFault? fault, Task before, TaskCompletionSource started)
    {
        ValueTask<T> running;
        try
        {
            await before.ConfigureAwait(false);
            if (fault == AppendFault.Reject)
                throw new StoreFullException($"The test rejects this append to {Names(streams)}.");
            if (fault == AppendFault.LoseAppend)
                throw Unknown(streams);
            running = append();
        }
        finally
        {
            started.SetResult();
        }

        T result;
        try
        {
            result = await running.ConfigureAwait(false);
        }
        catch (StoreFailedException e) when (faults.NoticeDisk())
        {
            // A background task of the store may notice the failure first. The append reports the same error each time, for repeatable tests.
            throw new AppendOutcomeUnknownException($"The disk failed during this append to {Names(streams)}.", e);
        }
        catch (AppendOutcomeUnknownException)
        {
            faults.NoticeDisk();
            throw;
        }

        return fault == AppendFault.LoseAnswer ? throw Unknown(streams) : result;
    }

    private static AppendOutcomeUnknownException Unknown(IReadOnlyList<LogStreamId> streams)
        => new($"The test lets the outcome of this append to {Names(streams)} be unknown.", new IOException("Injected by the test."));

    private static string Names(IReadOnlyList<LogStreamId> streams) => string.Join(", ", streams.Select(s => $"'{s}'"));
}
