using System.Globalization;

namespace Actors.Wal;

/// <summary>The number of a record in its store: always increasing, one per frame, and unchanged when compaction copies the frame.</summary>
/// <param name="Value">The number; never negative.</param>
public readonly record struct Lsn(long Value) : IComparable<Lsn>
{
    /// <summary>The position before the first record.</summary>
    public static Lsn Zero => default;

    /// <summary>The number that follows this one.</summary>
    public Lsn Next => new(Value + 1);

    /// <inheritdoc/>
    public int CompareTo(Lsn other) => Value.CompareTo(other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/>.</summary>
    public static bool operator <(Lsn left, Lsn right) => left.Value < right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/>.</summary>
    public static bool operator >(Lsn left, Lsn right) => left.Value > right.Value;

    /// <summary>Whether <paramref name="left"/> comes before <paramref name="right"/> or is it.</summary>
    public static bool operator <=(Lsn left, Lsn right) => left.Value <= right.Value;

    /// <summary>Whether <paramref name="left"/> comes after <paramref name="right"/> or is it.</summary>
    public static bool operator >=(Lsn left, Lsn right) => left.Value >= right.Value;
}
