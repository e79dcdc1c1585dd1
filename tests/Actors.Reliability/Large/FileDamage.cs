using Microsoft.Win32.SafeHandles;

namespace Actors.Reliability.Large;

/// <summary>Damage of a file that can be undone.</summary>
internal sealed class FileDamage : IDisposable
{
    public const int SectorBytes = 512;

    private readonly SafeFileHandle _file;
    private readonly long _length;
    private readonly List<(long Offset, byte[] Bytes)> _before = [];

    private FileDamage(string path, string kind, long offset)
    {
        Path = path;
        Kind = kind;
        Offset = offset;
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        _length = RandomAccess.GetLength(_file);
    }

    public string Path { get; }

    public string Kind { get; }

    /// <summary>The offset of the first byte that is changed or cut off.</summary>
    public long Offset { get; }

    /// <summary>Damages a file at a random place.</summary>
    /// <param name="path">The file.</param>
    /// <param name="random">Chooses the place and the kind.</param>
    /// <param name="mayCut">Whether the file may be shortened.</param>
    public static FileDamage Make(string path, Random random, bool mayCut)
    {
        long length = new FileInfo(path).Length;
        long offset = random.NextInt64(length);
        long sector = offset / SectorBytes * SectorBytes;
        long other = random.NextInt64(length) / SectorBytes * SectorBytes;
        switch (random.Next(mayCut ? 5 : 4))
        {
            case 0:
                return new FileDamage(path, "bits flipped", offset).Change(offset, b => b[0] ^= (byte)(1 << random.Next(8)), 1);
            case 1:
                return new FileDamage(path, "sectors zeroed", sector).Change(sector, b => Array.Clear(b));
            case 2:
                return new FileDamage(path, "sectors of noise", sector).Change(sector, random.NextBytes);
            case 3:
                var misdirected = new FileDamage(path, "sectors written to the wrong place", sector);
                byte[] elsewhere = misdirected.Read(other, SectorBytes);
                return misdirected.Change(sector, b => elsewhere.AsSpan(0, Math.Min(elsewhere.Length, b.Length)).CopyTo(b));
            default:
                var cut = new FileDamage(path, "files cut", offset);
                cut.Keep(offset, (int)Math.Min(int.MaxValue / 2, length - offset));
                RandomAccess.SetLength(cut._file, offset);
                return cut;
        }
    }

    /// <summary>Undoes the damage.</summary>
    public void Dispose()
    {
        foreach ((long offset, byte[] bytes) in _before)
            RandomAccess.Write(_file, bytes, offset);
        RandomAccess.SetLength(_file, _length);
        _file.Dispose();
    }

    private FileDamage Change(long offset, Action<byte[]> change, int count = SectorBytes)
    {
        byte[] bytes = Keep(offset, count);
        change(bytes);
        RandomAccess.Write(_file, bytes, offset);
        return this;
    }

    private byte[] Keep(long offset, int count)
    {
        byte[] bytes = Read(offset, count);
        _before.Add((offset, (byte[])bytes.Clone()));
        return bytes;
    }

    private byte[] Read(long offset, int count)
    {
        var bytes = new byte[Math.Min(count, _length - offset)];
        int read = RandomAccess.Read(_file, bytes, offset);
        return bytes[..read];
    }
}
