using System.Buffers.Binary;
using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Reading;
using Actors.Wal.Storage;

namespace Actors.Wal.Salvage;

/// <summary>Reads found frames again, in the order of the log, and validates each again.</summary>
internal sealed class FrameSource(SourceStore source, IReadOnlyList<ScannedFile> files) : IDisposable
{
    private readonly ColdBlock _block = new(source.StoreSeed);
    private IStorageFile? _file;
    private BatchScanner _view = null!;
    private int _number = -1;
    private long _blockPlace = -1;

    /// <summary>Returns a frame's bytes, header to payload; valid until the next call.</summary>
    /// <exception cref="LogCorruptException">The frame does not validate any more.</exception>
    public ReadOnlyMemory<byte> Read(in FoundFrame frame, out FrameHeader header)
    {
        Open(frame.File);
        ReadOnlyMemory<byte> bytes = files[frame.File].Name.IsCold ? ReadCold(frame) : _view.View(frame.PlaceBytes, frame.LengthBytes);
        if (!FrameHeader.TryRead(bytes.Span, out header) || header.Lsn != frame.Lsn || bytes.Length < header.LengthBytes || !FrameHeader.IsSealed(bytes.Span[..header.LengthBytes], source.StoreSeed, frame.Location))
            throw new LogCorruptException("A frame that was found can't be read again.", files[frame.File].Name.Path, frame.PlaceBytes, frame.Lsn);
        return bytes[..header.LengthBytes];
    }

    public void Dispose() => _file?.Dispose();

    private void Open(int number)
    {
        if (number == _number)
            return;
        _file?.Dispose();
        _file = source.OpenFile(files[number].Name);
        _view = new BatchScanner(_file, files[number].Name.Last, source.StoreSeed, _file.LengthBytes);
        _number = number;
        _blockPlace = -1;
    }

    private ReadOnlyMemory<byte> ReadCold(in FoundFrame frame)
    {
        if (_blockPlace != frame.PlaceBytes)
        {
            // A block that is not compressed stays in the scanner's window, which changes only when another block is read.
            int stored = BinaryPrimitives.ReadInt32LittleEndian(_view.View(frame.PlaceBytes, ColdBlockHeader.SizeBytes).Span[8..]);
            ReadOnlyMemory<byte> block = _view.View(frame.PlaceBytes, Layout.AlignFrame(ColdBlockHeader.SizeBytes + Math.Max(0, stored)));
            if (!_block.TryLoad(block, new FrameLocation(files[frame.File].Name.Last, frame.PlaceBytes)))
                return default;
            _blockPlace = frame.PlaceBytes;
        }

        int index = _block.Find(frame.Location);
        return index < 0 ? default : _block.FrameAt(index);
    }
}
