using Actors.Wal.Segments;

namespace Actors.Wal.Salvage;

/// <summary>A part of a file that validates by itself: a batch, a single frame, or a block of a cold segment.</summary>
/// <param name="First">The LSN of its first frame; for an empty batch, the next LSN.</param>
/// <param name="Last">The LSN of its last frame.</param>
/// <param name="Frames">The number of its frames. They follow those of the previous piece in the file's list.</param>
/// <param name="EndBytes">The offset behind its last byte.</param>
/// <param name="Follows">Whether it follows from the piece before it, so that nothing is missing between them.</param>
/// <param name="IsWhole">Whether it is more than a single frame.</param>
internal readonly record struct FoundPiece(Lsn First, Lsn Last, int Frames, long EndBytes, bool Follows, bool IsWhole);

/// <summary>The result of scanning one segment file, before all files are compared.</summary>
internal sealed class ScannedFile(SegmentName name, int number)
{
    public SegmentName Name { get; } = name;

    /// <summary>The number of the file.</summary>
    public int Number { get; } = number;

    /// <summary>The frames, in the order of the file.</summary>
    public List<FoundFrame> Frames { get; } = [];

    /// <summary>The pieces, in the order of the file.</summary>
    public List<FoundPiece> Pieces { get; } = [];

    public List<DamagedArea> Damage { get; } = [];

    /// <summary>The first LSN of the file, if the file itself states it.</summary>
    public Lsn? Begin { get; set; }

    /// <summary>The last LSN of the file, if the file itself states it.</summary>
    public Lsn? End { get; set; }

    /// <summary>The lowest LSN that a valid structure in the file names; null when none does.</summary>
    public Lsn? Floor { get; private set; }

    /// <summary>The greatest LSN that a structure in the file proves durable.</summary>
    public Lsn Durable { get; private set; }

    /// <summary>Whether the file ends as it should: with a footer, with zeros, or where the next segment says.</summary>
    public bool EndsWell { get; set; }

    /// <summary>Whether a footer says that a next segment was started.</summary>
    public bool HasSuccessor { get; set; }

    /// <summary>Why the last segment is shorter than it was prepared; null when it is not, or when it is closed.</summary>
    public string? Shortened { get; set; }

    /// <summary>The length that the file was prepared with, if its header states it.</summary>
    public long? PreparedBytes { get; set; }

    /// <summary>For a cold segment: the number of its frames that were not found, if its header states how many there were.</summary>
    public long? MissingFrames { get; set; }

    /// <summary>Notes the LSNs that a valid structure states.</summary>
    public void Note(Lsn from, Lsn durable)
    {
        if (Floor is not { } floor || from < floor)
            Floor = from;
        if (durable > Durable)
            Durable = durable;
    }
}
