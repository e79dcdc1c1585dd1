using System.Numerics;

namespace Actors.Wal.Format;

/// <summary>
/// The locations that let a reader go back through a stream of n events in O(log² n) steps.
/// Write an event's sequence in base 16: its jump leads to the event whose sequence has the lowest
/// non-zero digit cleared. Entry <c>i</c> is the event whose sequence is the head's with the lowest i + 1 digits
/// cleared. A stream of a million events needs five entries.
/// </summary>
internal struct Spine
{
    public const int MaxLevels = 15;

    private ulong[]? _levels;

    /// <summary>The number of levels in use. An unknown entry is 0, which is not the location of a frame.</summary>
    public readonly int Count => _levels?.Length ?? 0;

    public readonly ulong this[int level] => level < Count ? _levels![level] : 0;

    /// <summary>Returns the event that event <paramref name="sequence"/> jumps to; 0 for none.</summary>
    public static long JumpTarget(long sequence) => sequence & ~(0xFL << (4 * Level(sequence)));

    /// <summary>Returns where the jump of the event that is appended next leads.</summary>
    public readonly FrameLocation? JumpOf(long sequence)
    {
        ulong location = JumpTarget(sequence) == 0 ? 0 : this[Level(sequence)];
        return location == 0 ? null : new FrameLocation(location);
    }

    /// <summary>Adds the event that was appended. All levels below the event's own lead to it from now on.</summary>
    public void Append(long sequence, FrameLocation location)
    {
        int level = Level(sequence);
        if (level == 0)
            return;
        Grow(level);
        for (int i = 0; i < level; i++)
            _levels![i] = location.Value;
    }

    /// <summary>Sets one entry, when a stream is opened.</summary>
    public void Set(int level, ulong location)
    {
        Grow(level + 1);
        _levels![level] = location;
    }

    private void Grow(int count)
    {
        if (Count < count)
            Array.Resize(ref _levels, count);
    }

    public static int Level(long sequence) => BitOperations.TrailingZeroCount(sequence) / 4;
}
