namespace Actors.Wal.Format;

/// <summary>The place where a structure starts: segment number in the upper 32 bits, offset / 8 in the lower 32.</summary>
internal readonly record struct FrameLocation(ulong Value) : IComparable<FrameLocation>
{
    public FrameLocation(uint segment, long offsetBytes)
        : this(((ulong)segment << 32) | checked((uint)(offsetBytes >> 3)))
    {
    }

    public uint Segment => (uint)(Value >> 32);

    public long OffsetBytes => (long)(uint)Value << 3;

    public int CompareTo(FrameLocation other) => Value.CompareTo(other.Value);

    public override string ToString() => $"segment {Segment}, offset {OffsetBytes}";
}
