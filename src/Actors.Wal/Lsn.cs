using System.Globalization;

namespace Actors.Wal;

/// <summary>A record's number within its store: ever increasing, one per frame, and kept when the record is moved.</summary>
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
