using System.Globalization;

namespace Actors.Wal;

/// <summary>An event's number within its stream: 1, 2, 3, … without a gap.</summary>
/// <param name="Value">The number; never negative.</param>
public readonly record struct Sequence(long Value) : IComparable<Sequence>
{
    /// <summary>The head of a stream that has no event yet.</summary>
    public static Sequence Zero => default;

    /// <summary>The number that follows this one.</summary>
    public Sequence Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(Sequence other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(Sequence left, Sequence right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(Sequence left, Sequence right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> or is it.</summary>
    public static bool operator <=(Sequence left, Sequence right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/> or is it.</summary>
    public static bool operator >=(Sequence left, Sequence right) => left.Value >= right.Value;
}
