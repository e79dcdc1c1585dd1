namespace Actors.Benchmarks.Reporting;

/// <summary>What a figure has to reach, or must not pass.</summary>
internal readonly record struct Bound(double Limit, bool IsMost)
{
    public static Bound AtLeast(double limit) => new(limit, IsMost: false);

    public static Bound AtMost(double limit) => new(limit, IsMost: true);

    public bool IsMetBy(double value) => IsMost ? value <= Limit : value >= Limit;
}
