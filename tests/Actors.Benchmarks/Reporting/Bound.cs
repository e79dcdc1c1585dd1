namespace Actors.Benchmarks.Reporting;

/// <summary>The least or the greatest value that a result may have.</summary>
internal readonly record struct Bound(double Limit, bool IsMost)
{
    public static Bound AtLeast(double limit) => new(limit, IsMost: false);

    public static Bound AtMost(double limit) => new(limit, IsMost: true);

    public bool IsMetBy(double value) => IsMost ? value <= Limit : value >= Limit;
}
