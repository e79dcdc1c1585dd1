using System.Buffers.Binary;
using Actors.Wal.Format;

namespace Actors.Wal.Tests.Format;

/// <summary>One field of a log that says something else than was written.</summary>
/// <param name="Place">Which of the log's fields, in any order that stays the same.</param>
/// <param name="Value">What it says.</param>
internal readonly record struct Forgery(int Place, long Value);

/// <summary>
/// A small store whose fields can be changed at will while all checksums stay right: what a program with a bug would
/// write, or somebody who means it.
/// </summary>
internal sealed class ForgedLog
{
    private static readonly (int Offset, int Bytes)[] FrameFields =
        [(8, 4), (12, 1), (13, 1), (14, 1), (15, 1), (16, 2), (18, 2), (20, 4), (24, 8), (32, 8), (40, 8), (48, 8), (56, 8), (64, 8), (72, 8), (80, 8)];

    private static readonly (int Offset, int Bytes)[] BatchFields =
        [(12, 4), (16, 4), (20, 4), (24, 8), (40, 8), (48, 8), (56, 8), (64, 8), (72, 8)];

    private readonly byte[] _bytes;
    private readonly ulong _storeSeed;
    private readonly uint _segment;
    private readonly List<(int Start, int Length, List<int> Frames)> _batches = [];
    private readonly List<(int At, int Bytes)> _fields = [];

    public ForgedLog(string segmentFile, uint segment, Manifest manifest)
    {
        _bytes = File.ReadAllBytes(segmentFile);
        _segment = segment;
        _storeSeed = manifest.StoreSeed;
        int start = (int)Layout.FirstBatchOffsetBytes;
        while (start + BatchHeader.SizeBytes <= _bytes.Length && BatchHeader.Read(_bytes.AsSpan(start), _storeSeed, new FrameLocation(segment, start), out _) is { } header)
        {
            var frames = new List<int>();
            int end = start + BatchHeader.SizeBytes + header.BodyBytes;
            for (int frame = start + BatchHeader.SizeBytes; frame < end;)
            {
                FrameHeader.TryRead(_bytes.AsSpan(frame), out FrameHeader read);
                frames.Add(frame);
                Pointers.AddRange(FrameFields.Index().Where(f => f.Item.Offset >= 64).Select(f => (_fields.Count + f.Index, Locations.Count)));
                _fields.AddRange(FrameFields.Select(f => (frame + f.Offset, f.Bytes)));
                for (int i = FrameHeader.SizeBytes; i < read.PayloadOffset; i += 8)
                    _fields.Add((frame + i, Math.Min(8, read.LengthBytes - i)));
                Locations.Add(new FrameLocation(segment, frame));
                frame += read.PaddedBytes;
            }

            _fields.AddRange(BatchFields.Select(f => (start + f.Offset, f.Bytes)));
            _batches.Add((start, BatchHeader.SizeBytes + header.BodyBytes, frames));
            start = (int)Layout.AlignSector(end);
        }
    }

    public int Bytes => _bytes.Length;

    public int Fields => _fields.Count;

    /// <summary>Where its frames are: what pointers may lead to.</summary>
    public List<FrameLocation> Locations { get; } = [];

    /// <summary>The fields that lead to other frames, each with the number of its own frame among <see cref="Locations"/>.</summary>
    public List<(int Place, int Frame)> Pointers { get; } = [];

    /// <summary>The segment with fields changed.</summary>
    public byte[] With(IEnumerable<Forgery> forgeries)
    {
        byte[] forged = (byte[])_bytes.Clone();
        Span<byte> value = stackalloc byte[8];
        foreach (Forgery forgery in forgeries)
        {
            (int at, int count) = _fields[forgery.Place % _fields.Count];
            BinaryPrimitives.WriteInt64LittleEndian(value, forgery.Value);
            value[..count].CopyTo(forged.AsSpan(at));
        }

        Seal(forged);
        return forged;
    }

    /// <summary>Makes every checksum right again, over the lengths that the bytes now claim.</summary>
    private void Seal(byte[] forged)
    {
        ulong previous = BinaryPrimitives.ReadUInt64LittleEndian(forged);
        foreach ((int start, int length, List<int> frames) in _batches)
        {
            foreach (int frame in frames)
            {
                int claimed = FrameHeader.PeekLength(forged.AsSpan(frame));
                int room = start + length - frame;
                FrameHeader.Seal(forged.AsSpan(frame, claimed >= FrameHeader.SizeBytes && claimed <= room ? claimed : room), _storeSeed, new FrameLocation(_segment, frame));
            }

            Span<byte> header = forged.AsSpan(start, BatchHeader.SizeBytes);
            int bodyStart = start + BatchHeader.SizeBytes;
            int body = BinaryPrimitives.ReadInt32LittleEndian(header[12..]);
            if (body < 0 || body > forged.Length - bodyStart)
                body = length - BatchHeader.SizeBytes;
            BinaryPrimitives.WriteUInt64LittleEndian(header[32..], previous);
            BinaryPrimitives.WriteUInt64LittleEndian(header[80..], Checksum.Of(forged.AsSpan(bodyStart, body), _storeSeed, new FrameLocation(_segment, bodyStart)));
            previous = Checksum.Of(header[8..], _storeSeed, new FrameLocation(_segment, start));
            BinaryPrimitives.WriteUInt64LittleEndian(header, previous);
        }
    }
}
