using System.Globalization;
using Actors.Orleans;
using MessagePack;
using Orleans.DurableJobs;

namespace Actors.Bank.Doors.Journaling;

/// <summary>A job has booked an amount.</summary>
/// <param name="Number">The booking's number.</param>
/// <param name="Amount">The amount that it adds to the balance.</param>
[MessagePackObject, Immutable]
[Alias("bank.doors.job-booked")]
public sealed record JobBooked([property: Key(0)] long Number, [property: Key(1)] long Amount);

/// <summary>The bookings that the jobs of an account have made. Jobs run in any order, and may run twice.</summary>
[MessagePackObject]
[Alias("bank.doors.job-account")]
public sealed class JobAccount : IApply<JobBooked>
{
    /// <summary>All bookings up to this number are made.</summary>
    [Key(0)]
    public long Count { get; set; }

    /// <summary>The numbers of the bookings beyond <see cref="Count"/> that are made.</summary>
    [Key(1)]
    public HashSet<long> Ahead { get; set; } = [];

    /// <summary>The sum of the amounts of all bookings.</summary>
    [Key(2)]
    public long Balance { get; set; }

    /// <summary>Whether a booking is made.</summary>
    public bool Has(long number) => number <= Count || Ahead.Contains(number);

    /// <inheritdoc/>
    public void Apply(JobBooked change)
    {
        Balance += change.Amount;
        Ahead.Add(change.Number);
        while (Ahead.Remove(Count + 1))
            Count++;
    }
}

/// <summary>Schedules a durable job for each booking. The job makes the booking once, however often it runs.</summary>
[GrainType("jobaccount")]
public sealed class JobAccountGrain([GrainLog("job-account")] IGrainLog<JobAccount, JobBooked> log, ILocalDurableJobManager jobs, TimeProvider time)
    : Grain, IJobAccountGrain, IDurableJobHandler
{
    private const string Amount = "amount";

    /// <inheritdoc/>
    public Task Book(long number, long amount) => jobs.ScheduleJobAsync(
        new ScheduleJobRequest
        {
            Target = this.GetGrainId(),
            JobName = number.ToString(CultureInfo.InvariantCulture),
            DueTime = time.GetUtcNow(),
            Metadata = new Dictionary<string, string> { [Amount] = amount.ToString(CultureInfo.InvariantCulture) },
        },
        CancellationToken.None);

    /// <inheritdoc/>
    public Task<AccountTotals> GetTotals() => Task.FromResult(new AccountTotals(log.State.Count + log.State.Ahead.Count, log.State.Balance));

    /// <inheritdoc/>
    public async Task ExecuteJobAsync(IJobRunContext context, CancellationToken attemptCancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        long number = long.Parse(context.Job.Name, CultureInfo.InvariantCulture);
        if (!log.State.Has(number))
            await log.AppendAsync(new JobBooked(number, long.Parse(context.Job.Metadata![Amount], CultureInfo.InvariantCulture)));
    }
}
