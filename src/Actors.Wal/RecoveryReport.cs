namespace Actors.Wal;

/// <summary>The results of opening a local store.</summary>
public sealed record RecoveryReport
{
    /// <summary>Whether the store was created by this opening.</summary>
    public required bool Created { get; init; }

    /// <summary>Whether the last owner closed the store.</summary>
    public required bool CleanClose { get; init; }

    /// <summary>The directory epoch of this opening.</summary>
    public required long DirectoryEpoch { get; init; }

    /// <summary>The last record that the loaded index snapshot includes; records up to it were not read. Null without a snapshot.</summary>
    public Lsn? SnapshotLsn { get; init; }

    /// <summary>Segments read.</summary>
    public required int Segments { get; init; }

    /// <summary>Batches that validated.</summary>
    public required long Batches { get; init; }

    /// <summary>Frames in them.</summary>
    public required long Frames { get; init; }

    /// <summary>Bytes read to validate them.</summary>
    public required long Bytes { get; init; }

    /// <summary>Streams found.</summary>
    public required long Streams { get; init; }

    /// <summary>The last record.</summary>
    public required Lsn LastLsn { get; init; }

    /// <summary>The bytes that were cut from the end, or null when the log ended cleanly.</summary>
    public TornTail? Torn { get; init; }

    /// <summary>How long opening took.</summary>
    public required TimeSpan Elapsed { get; init; }
}

/// <summary>Bytes at the end of the log that belong to no batch known to be durable: a torn write that was not acknowledged.</summary>
/// <param name="File">The segment file.</param>
/// <param name="OffsetBytes">The offset in it where the log now ends.</param>
/// <param name="LastLsn">The last record that is kept.</param>
/// <param name="Bytes">The number of bytes from there to the last byte that is not zero.</param>
/// <param name="Frames">Frames of the torn batch, according to its header; null when the header can't be read.</param>
/// <param name="Copy">The file that the bytes were copied to.</param>
public sealed record TornTail(string File, long OffsetBytes, Lsn LastLsn, long Bytes, int? Frames, string Copy);
