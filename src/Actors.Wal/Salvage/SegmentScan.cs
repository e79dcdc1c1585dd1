using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Salvage;

/// <summary>
/// Reads a segment of batches and collects what validates: whole batches, and between them single frames by their own checksums.
/// Whether they were durable is not decided here: see <see cref="LogAccount"/>.
/// </summary>
internal sealed class SegmentScan
{
    private readonly ScannedFile _result;
    private readonly StreamNames _streams;
    private readonly IStorageFile _file;
    private readonly ulong _storeSeed;
    private readonly uint _segment;
    private readonly Predecessor? _end;
    private readonly long _limit;
    private readonly BatchScanner _scanner;

    // The checksum that the next batch must follow from; null behind damage.
    private ulong? _lastChecksum;

    // The part in which no batch validates.
    private long _damageStart = Layout.FirstBatchOffsetBytes;
    private long _damageEnd = Layout.FirstBatchOffsetBytes;
    private long _damageFrameBytes;
    private int _damageFrames;

    private SegmentScan(SourceStore source, SegmentName name, int number, IStorageFile file, StreamNames streams)
    {
        _result = new ScannedFile(name, number);
        _streams = streams;
        _file = file;
        _storeSeed = source.StoreSeed;
        _segment = name.First;
        _end = source.EndOf(name);
        _limit = Math.Min(file.LengthBytes, _end?.LengthBytes ?? long.MaxValue);
        _scanner = new BatchScanner(file, _segment, _storeSeed, _limit);
    }

    public static ScannedFile Run(SourceStore source, SegmentName name, int number, StreamNames streams, CancellationToken cancellationToken)
    {
        using IStorageFile file = source.OpenFile(name);
        var scan = new SegmentScan(source, name, number, file, streams);
        scan.ReadHeader(source.StoreId);
        SegmentFooter? footer = scan.ReadBatches(cancellationToken);
        scan.Finish(footer);
        return scan._result;
    }

    private void ReadHeader(Guid storeId)
    {
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        int count = _file.Read(sector, 0);
        if (SegmentHeader.Read(sector[..count], _segment, storeId, _storeSeed, out ulong checksum) is { } header)
        {
            Lsn before = header.Predecessor?.LastLsn ?? Lsn.Zero;
            _result.Begin = before.Next;
            _result.Note(before.Next, before > header.Durable ? before : header.Durable);
            _result.PreparedBytes = header.SegmentBytes;
            _lastChecksum = checksum;
        }
        else if (sector[..count].ContainsAnyExcept((byte)0))
        {
            _result.Damage.Add(new DamagedArea(_result.Name.Path, 0, count, 0, "The segment's header does not validate."));
        }
    }

    /// <summary>Reads up to the footer or the end.</summary>
    private SegmentFooter? ReadBatches(CancellationToken cancellationToken)
    {
        for (long at = Layout.FirstBatchOffsetBytes; at < _limit;)
        {
            if (at % Layout.SectorBytes == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (SegmentFooter.Read(_scanner.View(at, SegmentFooter.SizeBytes).Span, _storeSeed, new FrameLocation(_segment, at)) is { } footer)
                    return footer;
                if (TryBatch(at))
                {
                    at = _damageStart;
                    continue;
                }
            }

            // Look for a frame up to the next sector, where a batch may begin.
            int rest = (int)Math.Min(Layout.AlignSector(at + 1), _limit) - (int)at;
            int used = _scanner.View(at, rest).Span.IndexOfAnyExcept((byte)0);
            if (used < 0)
            {
                at += rest;
                continue;
            }

            at += used / Layout.FrameAlignmentBytes * Layout.FrameAlignmentBytes;
            at = _damageEnd = at + (used >= Layout.FrameAlignmentBytes ? 0 : TryFrame(at) ?? Layout.FrameAlignmentBytes);
        }

        return null;
    }

    private bool TryBatch(long at)
    {
        var location = new FrameLocation(_segment, at);
        if (BatchHeader.Read(_scanner.View(at, BatchHeader.SizeBytes).Span, _storeSeed, location, out ulong checksum) is not { } header)
            return false;
        _result.Note(header.FirstLsn, header.Durable);
        _scanner.OffsetBytes = at;
        if (_scanner.Next() is not { } batch || TryFrames(batch) is not { } frames)
            return false;

        // The damaged area before this batch ends here. Single frames that were found in it come first.
        CloseDamage(at);
        _result.Pieces.Add(new FoundPiece(header.FirstLsn, header.LastLsn, frames.Count, _scanner.EndOfLastBytes, header.PreviousChecksum == _lastChecksum, IsWhole: true));
        _result.Frames.AddRange(frames);
        _lastChecksum = checksum;
        _damageStart = _damageEnd = _scanner.OffsetBytes;
        return true;
    }

    /// <summary>Returns a batch's frames; null when one of them is inconsistent.</summary>
    private List<FoundFrame>? TryFrames(in ScannedBatch batch)
    {
        var found = new List<FoundFrame>(batch.Header.FrameCount);
        FrameCursor frames = batch.Frames;
        while (frames.MoveNext())
        {
            if (!frames.Current.LeadsBack(frames.Location)
                || !FrameHeader.IsSealed(frames.Bytes.Span, _storeSeed, frames.Location)
                || Records.StreamOf(frames.Current, frames.Bytes) is not { } stream)
                return null;
            found.Add(FoundFrame.Of(frames.Current, frames.Bytes.Span, frames.Location, _result.Number, frames.Location.OffsetBytes, _streams.NumberOf(stream)));
        }

        return frames.IsComplete ? found : null;
    }

    /// <summary>Takes a single frame. Returns its length in the file, or null when no frame validates.</summary>
    private long? TryFrame(long at)
    {
        var location = new FrameLocation(_segment, at);
        if (!FrameHeader.TryRead(_scanner.View(at, FrameHeader.SizeBytes).Span, out FrameHeader header)
            || header.PaddedBytes > _limit - at
            || !header.LeadsBack(location))
            return null;
        ReadOnlyMemory<byte> frame = _scanner.View(at, header.LengthBytes);
        if (frame.Length < header.LengthBytes || !FrameHeader.IsSealed(frame.Span, _storeSeed, location) || Records.StreamOf(header, frame) is not { } stream)
            return null;
        _result.Note(header.Lsn, Lsn.Zero);
        _result.Pieces.Add(new FoundPiece(header.Lsn, header.Lsn, 1, at + header.PaddedBytes, Follows: false, IsWhole: false));
        _result.Frames.Add(FoundFrame.Of(header, frame.Span, location, _result.Number, at, _streams.NumberOf(stream)));
        _damageFrames++;
        _damageFrameBytes += header.PaddedBytes;
        return header.PaddedBytes;
    }

    private void Finish(SegmentFooter? footer)
    {
        if (footer is { } valid)
        {
            CloseDamage(Layout.AlignSector(valid.LengthBytes));
            _result.End = valid.LastLsn;
            _result.HasSuccessor = valid.HasSuccessor;
            _result.Note(valid.LastLsn.Next, valid.LastLsn);
        }
        else
        {
            CloseDamage(_end is null ? _damageEnd : _limit);
            CheckEnd();
        }

        _result.EndsWell = footer is not null || _damageEnd <= _damageStart;
        if (_result.EndsWell && _end is null)
            _result.End ??= _result.Pieces.Count > 0 ? _result.Pieces[^1].Last : _result.Begin is { } begin ? new Lsn(begin.Value - 1) : null;
        bool isShort = footer is null && _end is null && _result.PreparedBytes is { } prepared && _file.LengthBytes < prepared;
        if (isShort)
            _result.Shortened = $"Segment {_segment} is {_file.LengthBytes} bytes long and has no footer; {_result.PreparedBytes} bytes were prepared. What followed can't be told.";
    }

    /// <summary>Reports damage at the end of a segment whose end is known from its successor. The footer is not needed there.</summary>
    private void CheckEnd()
    {
        if (_end is not { } end)
            return;
        if (_file.LengthBytes < end.LengthBytes)
            _result.Damage.Add(new DamagedArea(_result.Name.Path, _file.LengthBytes, end.LengthBytes - _file.LengthBytes, 0, $"The segment is {_file.LengthBytes} bytes long; its successor says {end.LengthBytes}."));
        long at = Layout.AlignSector(end.LengthBytes);
        if (at >= _file.LengthBytes)
            return;
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        sector = sector[.._file.Read(sector, at)];
        if (SegmentFooter.Read(sector, _storeSeed, new FrameLocation(_segment, at)) is null && sector.ContainsAnyExcept((byte)0))
            _result.Damage.Add(new DamagedArea(_result.Name.Path, at, sector.Length, 0, "The segment's footer does not validate. Where the segment ends is known without it."));
    }

    private void CloseDamage(long end)
    {
        if (end > _damageStart)
        {
            _result.Damage.Add(new DamagedArea(_result.Name.Path, _damageStart, end - _damageStart - _damageFrameBytes, _damageFrames, "No batch validates here."));
            _lastChecksum = null;
        }

        _damageFrames = 0;
        _damageFrameBytes = 0;
    }
}
