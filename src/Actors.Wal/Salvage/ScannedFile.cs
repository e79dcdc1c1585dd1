using Actors.Wal.Segments;

namespace Actors.Wal.Salvage;

/// <summary>What validates by itself as a whole: a batch, a single frame, or a block of a cold segment.</summary>
/// <param name="First">The LSN of its first frame; with an empty batch, of the next one to come.</param>
/// <param name="Last">The LSN of its last frame.</param>
/// <param name="Frames">Its frames, which are the next ones of its file.</param>
/// <param name="EndBytes">Behind its last byte.</param>
/// <param name="Follows">Whether it follows from the piece before it: nothing is missing between them.</param>
/// <param name="IsWhole">Whether it is more than a single frame.</param>
internal readonly record struct FoundPiece(Lsn First, Lsn Last, int Frames, long EndBytes, bool Follows, bool IsWhole);

/// <summary>What going through one segment file gave, before it is judged together with the others.</summary>
internal sealed class ScannedFile(SegmentName name, int number)
{
    public SegmentName Name { get; } = name;

    /// <summary>Which of the files it is.</summary>
    public int Number { get; } = number;

    /// <summary>In the order of the file.</summary>
    public List<FoundFrame> Frames { get; } = [];

    /// <summary>In the order of the file.</summary>
    public List<FoundPiece> Pieces { get; } = [];

    public List<DamagedArea> Damage { get; } = [];

    /// <summary>The LSN that it begins with, where it says so itself.</summary>
    public Lsn? Begin { get; set; }

    /// <summary>The LSN that it ends with, where it says so itself.</summary>
    public Lsn? End { get; set; }

    /// <summary>The lowest LSN that something valid in it names; null when nothing does.</summary>
    public Lsn? Floor { get; private set; }

    /// <summary>The greatest LSN that something in it proves durable.</summary>
    public Lsn Durable { get; private set; }

    /// <summary>Whether it ends as it should: with a footer, with zeros, or where the next segment says.</summary>
    public bool EndsWell { get; set; }

    /// <summary>Whether a footer says that a segment was started behind it.</summary>
    public bool HasSuccessor { get; set; }

    /// <summary>Why a last segment is not as long as it was prepared; null when it is, or is closed.</summary>
    public string? Shortened { get; set; }

    /// <summary>The length that it was prepared with, where its header says so.</summary>
    public long? PreparedBytes { get; set; }

    /// <summary>With a cold segment: how many of its frames were not found, where its header says how many there were.</summary>
    public long? MissingFrames { get; set; }

    /// <summary>Takes in what a valid structure says.</summary>
    public void Note(Lsn from, Lsn durable)
    {
        if (Floor is not { } floor || from < floor)
            Floor = from;
        if (durable > Durable)
            Durable = durable;
    }
}
