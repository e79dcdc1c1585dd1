namespace Actors.Wal.Salvage;

/// <summary>The result of a salvage: what it found, what it kept, and what is missing.</summary>
/// <param name="StoreId">The id of the store that was read.</param>
/// <param name="Segments">The number of segment files.</param>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Found">The number of records that validate, each counted once.</param>
/// <param name="Damage">The places that do not validate.</param>
/// <param name="Lost">The durable records that are missing.</param>
/// <param name="TornBytes">Bytes at the end that nothing proves durable. As in an opening, they count as never acknowledged.</param>
/// <param name="EndUnknown">Why more records may be lost at the end than are known; null when there is no sign of it.</param>
/// <param name="Kept">The contents of the new store.</param>
/// <param name="Streams">The streams that lost something, or may have.</param>
internal sealed record SalvageReport(
    Guid StoreId,
    int Segments,
    long Bytes,
    long Found,
    IReadOnlyList<DamagedArea> Damage,
    IReadOnlyList<LostRange> Lost,
    long TornBytes,
    string? EndUnknown,
    KeptRecords Kept,
    IReadOnlyList<StreamLoss> Streams)
{
    /// <summary>Whether nothing was lost, as far as the files tell.</summary>
    public bool IsComplete => Lost.Count == 0 && EndUnknown is null && Streams.Count == 0;
}

/// <summary>The number of streams, events and checkpoints in the new store.</summary>
internal readonly record struct KeptRecords(long Streams, long Events, long Checkpoints);

/// <summary>A part of a file that is not as it was written.</summary>
/// <param name="File">The file.</param>
/// <param name="OffsetBytes">Where the part begins.</param>
/// <param name="Bytes">The number of its bytes from which nothing was taken.</param>
/// <param name="Frames">The number of single frames that were found in it.</param>
/// <param name="What">What is wrong.</param>
internal sealed record DamagedArea(string File, long OffsetBytes, long Bytes, int Frames, string What);

/// <summary>Tells whether the newest state of a stream was kept.</summary>
internal enum StreamOutcome
{
    /// <summary>The newest state is kept: no lost record can have been a later one of the stream.</summary>
    Complete,

    /// <summary>The newest record that was found is kept. A later lost record may have been of the stream, also its deletion.</summary>
    MayBeOlder,

    /// <summary>The stream had later events. They were lost, or the records that they build on were lost.</summary>
    Older,

    /// <summary>Nothing of the stream could be kept.</summary>
    Lost,
}

/// <summary>A range of sequences, both ends included.</summary>
internal readonly record struct SequenceRange(Sequence From, Sequence To);

/// <summary>Events that validate but are not in the new store, because the records that they build on are missing.</summary>
internal readonly record struct GivenUpEvents(SequenceRange Sequences, Lsn FirstLsn, Lsn LastLsn);

/// <summary>A stream that lost something, or may have.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Outcome">Whether its newest state was kept.</param>
/// <param name="Kept">The events in the new store; <c>To</c> is right before <c>From</c> for a checkpoint alone, null for no stream.</param>
/// <param name="Lost">The events that are known to have existed and are not in the new store.</param>
/// <param name="GivenUp">The lost events that were found.</param>
internal sealed record StreamLoss(LogStreamId Stream, StreamOutcome Outcome, SequenceRange? Kept, IReadOnlyList<SequenceRange> Lost, IReadOnlyList<GivenUpEvents> GivenUp);
