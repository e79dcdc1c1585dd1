using Actors.Orleans.Journaling;

namespace Actors.Orleans.Tests.Jobs;

/// <summary>Durable jobs on a journal storage of their own, which silos look at often.</summary>
internal static class AlarmSilo
{
    public const string Storage = "jobs";

    public static void AlarmJobs(this ISiloBuilder silo)
    {
        silo.AddWriteAheadLogJournalStorage(Storage);
        silo.UseJournaledDurableJobs(o =>
        {
            o.ActiveProviderName = Storage;
            o.ShardCheckInterval = TimeSpan.FromMilliseconds(200);
            o.ShardClaimInitialBudget = o.ShardClaimMaxBudget;
            o.ShardDuration = TimeSpan.FromMinutes(1);
        });
    }
}
