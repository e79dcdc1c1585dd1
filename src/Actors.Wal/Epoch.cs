using System.Globalization;

namespace Actors.Wal;

/// <summary>A number that grows each time a stream changes its owner; an append carries its owner's epoch.</summary>
/// <param name="Value">The number; never negative.</param>
public readonly record struct Epoch(long Value) : IComparable<Epoch>
{
    /// <summary>The epoch before the first owner.</summary>
    public static Epoch Zero => default;

    /// <summary>The number that follows this one.</summary>
    public Epoch Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(Epoch other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(Epoch left, Epoch right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(Epoch left, Epoch right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> or is it.</summary>
    public static bool operator <=(Epoch left, Epoch right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/> or is it.</summary>
    public static bool operator >=(Epoch left, Epoch right) => left.Value >= right.Value;
}
