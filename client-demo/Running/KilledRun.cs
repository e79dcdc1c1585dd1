namespace Actors.ClientDemo.Running;

/// <summary>A load, and a silo that is killed in the middle of it.</summary>
internal static class KilledRun
{
    /// <param name="silo">The silo.</param>
    /// <param name="killCommand">The shell command that kills it; SIGKILL when null.</param>
    /// <param name="load">Calls the silo until its token is set.</param>
    /// <param name="follow">Given the running load, returns when it is time to kill.</param>
    /// <param name="cancellationToken">Ends it all.</param>
    public static async Task RunAsync(
        SiloProcess silo,
        string? killCommand,
        Func<BankClient, CancellationToken, Task> load,
        Func<Task, Task> follow,
        CancellationToken cancellationToken)
    {
        using var killed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        BankClient client = await BankClient.ConnectAsync(silo.Gateway, cancellationToken);
        try
        {
            Task running = load(client, killed.Token);
            await follow(running);

            // The silo dies first, in the middle of whatever it is doing; only then do the callers stop asking.
            await silo.KillAsync(killCommand);
            await killed.CancelAsync();
            await running;
        }
        finally
        {
            await killed.CancelAsync();
            await client.DisposeAsync();
        }
    }
}
