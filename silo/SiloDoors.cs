using Actors.Bank.Doors;
using Actors.Orleans;
using Orleans.Configuration;

namespace Actors.Silo;

/// <summary>
/// The doors of Orleans that need more than configuration. The write-ahead log, and the storages, journals and
/// reminders on it, are in <c>appsettings.json</c>.
/// </summary>
internal static partial class SiloDoors
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    public static void UseDoors(this ISiloBuilder silo)
    {
        silo.UseWriteAheadLogForJournaledGrains();
        silo.AddMemoryStreams(StreamAccountGrain.Provider);
        silo.UseTransactions();

        // Transactions that were prepared when a silo was killed block their states until a silo asks for the outcome. By default that is
        // after a minute, and after half a minute for decided transactions that were not confirmed.
        silo.Configure<TransactionalStateOptions>(o =>
        {
            o.RemoteTransactionPingFrequency = RetryPeriod;
            o.ConfirmationRetryDelay = RetryPeriod;
        });
        UseJournaling(silo);
    }

    /// <summary>Adds durable grains and jobs. Does nothing with a version of Orleans whose journaling is too old.</summary>
    static partial void UseJournaling(ISiloBuilder silo);
}
