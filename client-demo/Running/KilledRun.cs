namespace Actors.ClientDemo.Running;

/// <summary>Runs a load on a silo, and kills the silo meanwhile.</summary>
internal static class KilledRun
{
    /// <param name="silo">The silo.</param>
    /// <param name="killCommand">The shell command that kills it; null for SIGKILL.</param>
    /// <param name="load">Calls the silo until its token is set.</param>
    /// <param name="follow">Gets the running load and returns when the silo is to be killed.</param>
    /// <param name="cancellationToken">Cancels the run.</param>
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

            // The silo is killed first, while calls are under way. Only then are the callers stopped.
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
