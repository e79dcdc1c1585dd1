using Actors.Bank.Doors.Journaling;
using Orleans.Journaling.Json;

// Orleans marks durable grains as experimental.
#pragma warning disable ORLEANSEXP005

namespace Actors.Silo;

/// <summary>The doors on Orleans' journaling.</summary>
internal static partial class SiloDoors
{
    private const string JobStorage = "jobs";

    static partial void UseJournaling(ISiloBuilder silo)
    {
        silo.UseJsonJournalFormat(DurableAccountJson.Default);

        // By default it takes 5 minutes until a silo looks for the jobs of a killed silo.
        silo.UseJournaledDurableJobs(o =>
        {
            o.ActiveProviderName = JobStorage;
            o.ShardCheckInterval = RetryPeriod;
            o.ShardClaimInitialBudget = o.ShardClaimMaxBudget;
        });
    }
}
