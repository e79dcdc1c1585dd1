using Actors.Bank.Doors;
using Actors.Orleans;
using Actors.Orleans.Journaling;
using Orleans.Configuration;
using Orleans.Journaling.Json;

// Orleans marks durable grains as experimental.
#pragma warning disable ORLEANSEXP005

namespace Actors.Silo;

/// <summary>The doors of Orleans that ask for more than the write-ahead log, which the configuration adds.</summary>
internal static class SiloDoors
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    public static void UseDoors(this ISiloBuilder silo)
    {
        silo.UseWriteAheadLogForJournaledGrains();
        silo.AddWriteAheadLogJournalStorage();
        silo.UseJsonJournalFormat(DurableAccountJson.Default);
        silo.UseTransactions();

        // What was prepared when a silo was killed keeps its states waiting until somebody asks about it: by default a
        // minute later, and half a minute for what was decided and not confirmed.
        silo.Configure<TransactionalStateOptions>(o =>
        {
            o.RemoteTransactionPingFrequency = RetryPeriod;
            o.ConfirmationRetryDelay = RetryPeriod;
        });
    }
}
