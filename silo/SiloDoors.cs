using Actors.Bank.Doors;
using Actors.Orleans;
using Orleans.Configuration;

namespace Actors.Silo;

/// <summary>
/// The doors of Orleans that ask for more than the configuration adds: the write-ahead log and the storages, journals and
/// reminders on it are in <c>appsettings.json</c>.
/// </summary>
internal static partial class SiloDoors
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    public static void UseDoors(this ISiloBuilder silo)
    {
        silo.UseWriteAheadLogForJournaledGrains();
        silo.AddMemoryStreams(StreamAccountGrain.Provider);
        silo.UseTransactions();

        // What was prepared when a silo was killed keeps its states waiting until somebody asks about it: by default a
        // minute later, and half a minute for what was decided and not confirmed.
        silo.Configure<TransactionalStateOptions>(o =>
        {
            o.RemoteTransactionPingFrequency = RetryPeriod;
            o.ConfirmationRetryDelay = RetryPeriod;
        });
        UseJournaling(silo);
    }

    /// <summary>Durable grains and jobs; nothing with an Orleans whose journaling is too old.</summary>
    static partial void UseJournaling(ISiloBuilder silo);
}
