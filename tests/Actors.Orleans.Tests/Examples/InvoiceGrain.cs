using MessagePack;
using Orleans.DurableJobs;

namespace Actors.Orleans.Tests.Examples;

public interface IInvoiceGrain : IGrainWithStringKey
{
    Task Send(DateTimeOffset dueTime);

    Task<bool> IsReminded();
}

[MessagePackObject, Alias("example.invoice-reminded")]
public sealed record InvoiceReminded([property: Key(0)] string Run);

[MessagePackObject]
public sealed class Invoice : IApply<InvoiceReminded>
{
    [Key(0)]
    public bool IsReminded { get; set; }

    public void Apply(InvoiceReminded change) => IsReminded = true;
}

// <example>
[GrainType("invoice")]
public sealed class InvoiceGrain([GrainLog("invoice")] IGrainLog<Invoice, InvoiceReminded> log, ILocalDurableJobManager jobs)
    : Grain, IInvoiceGrain, IDurableJobHandler
{
    public Task Send(DateTimeOffset dueTime) => jobs.ScheduleJobAsync(   // scheduled for good when this returns
        new ScheduleJobRequest { Target = this.GetGrainId(), JobName = "remind", DueTime = dueTime },
        CancellationToken.None);

    public async Task ExecuteJobAsync(IJobRunContext context, CancellationToken attemptCancellationToken)
    {
        if (!log.State.IsReminded)   // a job may run twice
            await log.AppendAsync(new InvoiceReminded(context.RunId));
    }

    public Task<bool> IsReminded() => Task.FromResult(log.State.IsReminded);
}
// </example>
