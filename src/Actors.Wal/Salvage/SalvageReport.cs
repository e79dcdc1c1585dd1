namespace Actors.Wal.Salvage;

/// <summary>What a salvage found, what it kept, and what is missing.</summary>
/// <param name="StoreId">The id of the store that was read.</param>
/// <param name="Segments">Segment files.</param>
/// <param name="Bytes">Bytes read.</param>
/// <param name="Found">Records that validate, each counted once.</param>
/// <param name="Damage">The places that do not validate.</param>
/// <param name="Lost">The records that were durable and are not there.</param>
/// <param name="TornBytes">Bytes at the end that nothing proves durable: as at an opening, they count as a write that was never acknowledged.</param>
/// <param name="EndUnknown">Why more records may be lost at the end than can be told; null when there is no sign of it.</param>
/// <param name="Kept">What is in the new store.</param>
/// <param name="Streams">The streams that lost something, or of which that can't be excluded.</param>
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

/// <summary>What the new store has.</summary>
internal readonly record struct KeptRecords(long Streams, long Events, long Checkpoints);

/// <summary>A part of a file that is not as it was written.</summary>
/// <param name="File">The file.</param>
/// <param name="OffsetBytes">Where the part begins.</param>
/// <param name="Bytes">How many of its bytes gave nothing.</param>
/// <param name="Frames">The frames that were found in it one by one.</param>
/// <param name="What">What is wrong.</param>
internal sealed record DamagedArea(string File, long OffsetBytes, long Bytes, int Frames, string What);

/// <summary>How well the newest state of a stream came through.</summary>
internal enum StreamOutcome
{
    /// <summary>Its newest state is there: nothing that was lost can have been a later record of it.</summary>
    Complete,

    /// <summary>Its newest record that was found is there; a record that was lost later may have been its own, its deletion too.</summary>
    MayBeOlder,

    /// <summary>It has later events that were lost, or that nothing before them is left to build on.</summary>
    Older,

    /// <summary>Nothing of it could be kept.</summary>
    Lost,
}

/// <summary>Numbers of events, both ends included.</summary>
internal readonly record struct SequenceRange(Sequence From, Sequence To);

/// <summary>Events that validate and are not in the new store, because they can't be built on what is before them.</summary>
internal readonly record struct GivenUpEvents(SequenceRange Sequences, Lsn FirstLsn, Lsn LastLsn);

/// <summary>A stream that lost something, or of which that can't be excluded.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Outcome">How well its newest state came through.</param>
/// <param name="Kept">The events in the new store; with <c>To</c> right before <c>From</c> when there is a checkpoint alone, null when the stream is not there.</param>
/// <param name="Lost">The events that are known to have been there and are not in the new store.</param>
/// <param name="GivenUp">Those of them that were found.</param>
internal sealed record StreamLoss(StreamId Stream, StreamOutcome Outcome, SequenceRange? Kept, IReadOnlyList<SequenceRange> Lost, IReadOnlyList<GivenUpEvents> GivenUp);
