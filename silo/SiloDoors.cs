using Actors.Bank.Doors;
using Actors.Orleans;
using Orleans.Configuration;
using Orleans.Journaling.Json;

// Orleans marks durable grains as experimental.
#pragma warning disable ORLEANSEXP005

namespace Actors.Silo;

/// <summary>
/// The doors of Orleans that ask for more than the configuration adds: the write-ahead log and the storages, journals and
/// reminders on it are in <c>appsettings.json</c>.
/// </summary>
internal static class SiloDoors
{
    private const string JobStorage = "jobs";

    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    public static void UseDoors(this ISiloBuilder silo)
    {
        silo.UseWriteAheadLogForJournaledGrains();
        silo.UseJsonJournalFormat(DurableAccountJson.Default);
        silo.AddMemoryStreams(StreamAccountGrain.Provider);
        silo.UseTransactions();

        // What was prepared when a silo was killed keeps its states waiting until somebody asks about it: by default a
        // minute later, and half a minute for what was decided and not confirmed.
        silo.Configure<TransactionalStateOptions>(o =>
        {
            o.RemoteTransactionPingFrequency = RetryPeriod;
            o.ConfirmationRetryDelay = RetryPeriod;
        });

        // By default it takes 5 minutes until a silo looks for the jobs of one that was killed.
        silo.UseJournaledDurableJobs(o =>
        {
            o.ActiveProviderName = JobStorage;
            o.ShardCheckInterval = RetryPeriod;
            o.ShardClaimInitialBudget = o.ShardClaimMaxBudget;
        });
    }
}
