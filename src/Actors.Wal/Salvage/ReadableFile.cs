using Actors.Wal.Format;
using Actors.Wal.Storage;

namespace Actors.Wal.Salvage;

/// <summary>A file on a failing device. Sectors that can't be read are returned as zeros, which never validate.</summary>
internal sealed class ReadableFile(IStorageFile file) : IStorageFile
{
    public string Path => file.Path;

    public long LengthBytes => file.LengthBytes;

    public int Read(Span<byte> buffer, long offsetBytes)
    {
        try
        {
            return file.Read(buffer, offsetBytes);
        }
        catch (LogUnreadableException)
        {
            return ReadBySectors(buffer, offsetBytes);
        }
    }

    public void Write(ReadOnlySpan<byte> bytes, long offsetBytes) => file.Write(bytes, offsetBytes);

    public bool Allocate(long lengthBytes) => file.Allocate(lengthBytes);

    public void Truncate(long lengthBytes) => file.Truncate(lengthBytes);

    public void SyncData() => file.SyncData();

    public void DropCache() => file.DropCache();

    public void Dispose() => file.Dispose();

    private int ReadBySectors(Span<byte> buffer, long offsetBytes)
    {
        int total = (int)Math.Max(0, Math.Min(buffer.Length, file.LengthBytes - offsetBytes));
        for (int at = 0; at < total;)
        {
            long offset = offsetBytes + at;
            int count = (int)Math.Min(total - at, Layout.AlignSector(offset + 1) - offset);
            Span<byte> part = buffer.Slice(at, count);
            try
            {
                part[file.Read(part, offset)..].Clear();
            }
            catch (LogUnreadableException)
            {
                part.Clear();
            }

            at += count;
        }

        return total;
    }
}
