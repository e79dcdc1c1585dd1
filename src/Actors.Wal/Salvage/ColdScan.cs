using System.Buffers.Binary;
using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Salvage;

/// <summary>
/// Reads a cold segment and collects every block that validates. Blocks are found without the header and the table, which only
/// tell whether something is missing.
/// </summary>
internal sealed class ColdScan
{
    private readonly ScannedFile _result;
    private readonly StreamNames _streams;
    private readonly IStorageFile _file;
    private readonly ulong _storeSeed;
    private readonly uint _last;
    private readonly BatchScanner _view;
    private readonly ColdBlock _block;
    private ColdSegmentHeader? _header;
    private long _limit;

    private ColdScan(SourceStore source, SegmentName name, int number, IStorageFile file, StreamNames streams)
    {
        _result = new ScannedFile(name, number);
        _streams = streams;
        _file = file;
        _storeSeed = source.StoreSeed;
        _last = name.Last;
        _limit = file.LengthBytes;
        _view = new BatchScanner(file, _last, _storeSeed, _limit);
        _block = new ColdBlock(_storeSeed);
    }

    public static ScannedFile Run(SourceStore source, SegmentName name, int number, StreamNames streams, CancellationToken cancellationToken)
    {
        using IStorageFile file = source.OpenFile(name);
        var scan = new ColdScan(source, name, number, file, streams);
        scan.ReadHeader(source.StoreId);
        scan.ReadBlocks(cancellationToken);
        return scan._result;
    }

    private void ReadHeader(Guid storeId)
    {
        Span<byte> sector = stackalloc byte[Layout.SectorBytes];
        int count = _file.Read(sector, 0);
        if (ColdSegmentHeader.Read(sector[..count], _result.Name.First, _last, storeId, _storeSeed) is not { } header)
        {
            _result.Damage.Add(new DamagedArea(_result.Name.Path, 0, count, 0, "The cold segment's header does not validate."));
            return;
        }

        _header = header;
        _limit = Math.Min(_limit, header.TableOffsetBytes);
        _result.Begin = header.FirstLsn;
        _result.End = header.End.LastLsn;
        _result.Note(header.FirstLsn, header.End.LastLsn);
    }

    private void ReadBlocks(CancellationToken cancellationToken)
    {
        long at = Layout.SectorBytes;
        long damageStart = at;
        int blocks = 0;
        while (at < _limit && !IsTable(at, damageStart, blocks))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryBlock(at, follows: damageStart == at) is not { } bytes)
            {
                at += Layout.FrameAlignmentBytes;
                continue;
            }

            AddDamage(damageStart, at);
            at += bytes;
            damageStart = at;
            blocks++;
        }

        bool isWhole = damageStart == at && (_header is null ? IsTable(at, damageStart, blocks) : at == _header.Value.TableOffsetBytes);
        AddDamage(damageStart, Math.Max(at, _header is null ? _file.LengthBytes : 0) is var end && !isWhole ? end : damageStart);
        _result.EndsWell = isWhole;
        _result.MissingFrames = _header is { } header ? header.Frames - _result.Frames.Count : null;
        CheckTable();
    }

    /// <summary>Without a header: whether all blocks were found and the remaining bytes have the length of their table.</summary>
    private bool IsTable(long at, long damageStart, int blocks)
        => _header is null && damageStart == at && _file.LengthBytes - at == (long)blocks * ColdSegmentHeader.TableEntryBytes;

    private long? TryBlock(long at, bool follows)
    {
        ReadOnlySpan<byte> start = _view.View(at, ColdBlockHeader.SizeBytes).Span;
        if (start.Length < ColdBlockHeader.SizeBytes || BinaryPrimitives.ReadUInt32LittleEndian(start[20..]) > (uint)ColdCompression.Brotli)
            return null;
        int stored = BinaryPrimitives.ReadInt32LittleEndian(start[8..]);
        if (stored < 0 || stored > _limit - at - ColdBlockHeader.SizeBytes)
            return null;
        int length = Layout.AlignFrame(ColdBlockHeader.SizeBytes + stored);
        ReadOnlyMemory<byte> block = _view.View(at, length);
        if (block.Length < length || !_block.TryLoad(block, new FrameLocation(_last, at)) || TryFrames(at) is not { } frames)
            return null;
        _result.Pieces.Add(new FoundPiece(frames[0].Lsn, frames[^1].Lsn, frames.Count, at + length, follows, IsWhole: true));
        _result.Frames.AddRange(frames);
        _result.Note(frames[0].Lsn, frames[^1].Lsn);
        return length;
    }

    private List<FoundFrame>? TryFrames(long at)
    {
        var found = new List<FoundFrame>(_block.Count);
        for (int i = 0; i < _block.Count; i++)
        {
            ReadOnlyMemory<byte> bytes = _block.FrameAt(i);
            FrameLocation location = _block.LocationAt(i);
            if (!FrameHeader.TryRead(bytes.Span, out FrameHeader header)
                || !header.LeadsBack(location)
                || !FrameHeader.IsSealed(bytes.Span, _storeSeed, location)
                || Records.StreamOf(header, bytes) is not { } stream)
                return null;
            found.Add(FoundFrame.Of(header, bytes.Span, location, _result.Number, at, _streams.NumberOf(stream)));
        }

        return found;
    }

    private void AddDamage(long start, long end)
    {
        if (end > start)
            _result.Damage.Add(new DamagedArea(_result.Name.Path, start, end - start, 0, "No block of the cold segment validates here."));
    }

    private void CheckTable()
    {
        if (_header is not { } header)
            return;
        var table = new byte[header.Blocks * ColdSegmentHeader.TableEntryBytes];
        int count = _file.Read(table, header.TableOffsetBytes);
        if (count < table.Length || Checksum.Of(table, _storeSeed, new FrameLocation(_last, header.TableOffsetBytes)) != header.TableChecksum)
            _result.Damage.Add(new DamagedArea(_result.Name.Path, header.TableOffsetBytes, count, 0, "The cold segment's table does not validate. Its blocks are found without it."));
    }
}
