using Actors.Reliability.Workloads;

namespace Actors.Reliability.Layers;

/// <summary>One kind of attack on the store. It counts its attempts; a broken promise is a violation.</summary>
internal abstract class Layer
{
    /// <summary>The name on the command line, one word.</summary>
    public abstract string Name { get; }

    /// <summary>A description for the help and the report.</summary>
    public abstract string Description { get; }

    /// <summary>Whether it runs only if the command line names it.</summary>
    public virtual bool IsOnRequest => false;

    /// <summary>Runs the attack and returns its report.</summary>
    public abstract LayerReport Run(LayerBudget budget, CancellationToken cancellationToken);

    /// <summary>Runs cases on all processors, roughly in their order, until enough are done or one is violated.</summary>
    /// <param name="cases">The cases.</param>
    /// <param name="isEnough">Returns whether no further case may begin.</param>
    /// <param name="run">Runs one case; a long case may end early when its token is set, after a violation of another case.</param>
    /// <param name="cancellationToken">Cancels all cases.</param>
    protected static List<string> RunAll<T>(IEnumerable<T> cases, Func<bool> isEnough, Action<T, CancellationToken> run, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var gate = new Lock();
        var violations = new List<string>();
        using IEnumerator<T> next = cases.GetEnumerator();
        Parallel.For(0, Environment.ProcessorCount, new ParallelOptions { CancellationToken = cancellationToken }, _ =>
        {
            while (!stop.IsCancellationRequested)
            {
                T one;
                lock (gate)
                {
                    if (isEnough() || !next.MoveNext())
                        return;
                    one = next.Current;
                }

                try
                {
                    run(one, stop.Token);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    return;
                }
                catch (Exception e)
                {
                    lock (gate)
                        violations.Add(e.Message);
                    stop.Cancel();
                }
            }
        });
        return violations;
    }
}

/// <summary>The amount of work of a run.</summary>
/// <param name="Images">The least number of disk images in the crash layer, equal ones included.</param>
/// <param name="FirstSeed">The first seed.</param>
/// <param name="Seeds">The number of seeds; null for the layer's own number.</param>
/// <param name="Minutes">How long to continue with new seeds, in minutes; or null.</param>
/// <param name="Workloads">The names of the only workloads to run; null for all, and random ones.</param>
internal sealed record LayerBudget(long Images = 1_500_000, int FirstSeed = 1, int? Seeds = null, double? Minutes = null, IReadOnlyList<string>? Workloads = null)
{
    /// <summary>Returns the workloads that are to run.</summary>
    public IEnumerable<Workload> Of(IEnumerable<Workload> workloads) => workloads.Where(w => Workloads is null || Workloads.Contains(w.Name));

    /// <summary>Returns the seeds of the random workloads to run.</summary>
    /// <param name="count">The layer's own number of seeds.</param>
    public IEnumerable<int> SeedsOr(int count) => Enumerable.Range(FirstSeed, Workloads is null ? Seeds ?? count : 0);
}

/// <summary>The report of a layer.</summary>
/// <param name="Counts">The kinds of attempts, and their numbers.</param>
/// <param name="Violations">Broken promises; each says how to reproduce it.</param>
internal sealed record LayerReport(IReadOnlyList<(string What, long Count)> Counts, IReadOnlyList<string> Violations)
{
    /// <summary>The requirements that this machine lacks. If there are any, the layer did not run.</summary>
    public IReadOnlyList<string> Missing { get; private init; } = [];

    public bool IsPassed => Violations.Count == 0;

    public bool IsSkipped => Missing.Count > 0;

    public static LayerReport Skipped(IReadOnlyList<string> missing) => new([], []) { Missing = missing };
}
