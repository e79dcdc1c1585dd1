using Actors.Reliability.Workloads;

namespace Actors.Reliability.Layers;

/// <summary>One way of attacking the store. Counts what it tried; what breaks a promise is a violation.</summary>
internal abstract class Layer
{
    /// <summary>One word, as on the command line.</summary>
    public abstract string Name { get; }

    /// <summary>What it does, for help and report.</summary>
    public abstract string Description { get; }

    /// <summary>Whether it runs only where the command line names it.</summary>
    public virtual bool IsOnRequest => false;

    /// <summary>Attacks, and reports.</summary>
    public abstract LayerReport Run(LayerBudget budget, CancellationToken cancellationToken);

    /// <summary>Runs cases on all processors, in their order as far as that goes, until enough was done or one is violated.</summary>
    /// <param name="cases">What is tried.</param>
    /// <param name="isEnough">Whether no other case is to begin.</param>
    /// <param name="run">Tries one; a long one may end early when the token says that another is violated.</param>
    /// <param name="cancellationToken">Ends all.</param>
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

/// <summary>How much a run is to do.</summary>
/// <param name="Images">How many crashed disks there are to be at least in the crash layer, those that equal another counted too.</param>
/// <param name="FirstSeed">The first seed of what seeds make up.</param>
/// <param name="Seeds">How many seeds, or null for as many as it takes.</param>
/// <param name="Minutes">Go on with fresh seeds for so long, or null.</param>
/// <param name="Workloads">The names of the only workloads to run; all, and random ones, if there are none.</param>
internal sealed record LayerBudget(long Images = 1_500_000, int FirstSeed = 1, int? Seeds = null, double? Minutes = null, IReadOnlyList<string>? Workloads = null)
{
    /// <summary>Of workloads by name those to run.</summary>
    public IEnumerable<Workload> Of(IEnumerable<Workload> workloads) => workloads.Where(w => Workloads is null || Workloads.Contains(w.Name));

    /// <summary>Seeds of random workloads to run.</summary>
    /// <param name="count">As many as a layer runs by itself.</param>
    public IEnumerable<int> SeedsOr(int count) => Enumerable.Range(FirstSeed, Workloads is null ? Seeds ?? count : 0);
}

/// <summary>What a layer did.</summary>
/// <param name="Counts">What was tried, and how often.</param>
/// <param name="Violations">Promises broken; each says how to see it again.</param>
internal sealed record LayerReport(IReadOnlyList<(string What, long Count)> Counts, IReadOnlyList<string> Violations)
{
    /// <summary>What this machine lacks for it; then nothing was tried.</summary>
    public IReadOnlyList<string> Missing { get; private init; } = [];

    public bool IsPassed => Violations.Count == 0;

    public bool IsSkipped => Missing.Count > 0;

    public static LayerReport Skipped(IReadOnlyList<string> missing) => new([], []) { Missing = missing };
}
