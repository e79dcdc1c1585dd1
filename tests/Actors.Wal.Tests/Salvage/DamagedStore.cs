using System.Security.Cryptography;
using Actors.Wal.Cold;
using Actors.Wal.Format;
using Actors.Wal.Inspection;
using Actors.Wal.Local;
using Actors.Wal.Reading;
using Actors.Wal.Recovery;
using Actors.Wal.Salvage;
using Actors.Wal.Segments;
using Actors.Wal.Storage;

namespace Actors.Wal.Tests.Salvage;

/// <summary>Where a frame was written, before anything was damaged.</summary>
/// <param name="Stream">Its stream.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Sequence">Its sequence.</param>
/// <param name="Lsn">Its LSN.</param>
/// <param name="File">The file, relative to the store.</param>
/// <param name="OffsetBytes">Where in the file: the frame, or the block of a cold segment.</param>
/// <param name="LengthBytes">Its length, or that of the block.</param>
internal sealed record WrittenFrame(string Stream, LogRecordKind Kind, long Sequence, long Lsn, string File, long OffsetBytes, int LengthBytes);

/// <summary>A store to be damaged and salvaged. The salvage itself is checked each time: the source is as it was, and the target is a whole store.</summary>
internal sealed class DamagedStore : IDisposable
{
    private readonly TestDirectory _targets = new();

    public TestDirectory Source { get; } = new();

    public ManualTime Time { get; } = new();

    public long SegmentBytes { get; init; } = 64 * 1024;

    public LocalLogStoreOptions Options => Source.Options with
    {
        SegmentBytes = SegmentBytes,
        MaxBatchBytes = 16 * 1024,
        MaxRecordBytes = 8 * 1024,
        IndexSnapshotBytes = 64 * 1024,
        SegmentAge = null,
        MaxDeadShare = 0.2,
        Time = Time,
    };

    public string Target => Path.Combine(_targets.Path, "new");

    /// <summary>What the store had before it was damaged.</summary>
    public Dictionary<string, StreamDump> Before { get; private set; } = [];

    /// <summary>What the new store has.</summary>
    public Dictionary<string, StreamDump> After { get; private set; } = [];

    public List<WrittenFrame> Frames { get; private set; } = [];

    public void Dispose()
    {
        Source.Dispose();
        _targets.Dispose();
    }

    /// <summary>Writes the store and takes note of what is in it.</summary>
    public async Task WriteAsync(Func<SteppedStore, Task> write)
    {
        await using (var stepped = new SteppedStore(Options))
            await write(stepped);
        TakeNote();
    }

    public void TakeNote()
    {
        Before = StreamDump.Of(Source.Path);
        Frames = [.. FramesOf(new FileStorage(Source.Path))];
    }

    /// <summary>Commits a call by itself, a little later than the last one.</summary>
    public async Task CommitAsync(SteppedStore stepped, ValueTask call)
    {
        stepped.StepAll();
        await call;
        Time.Advance(TimeSpan.FromMilliseconds(10));
    }

    public Task CommitAsync(SteppedStore stepped, ValueTask<AppendResult> call) => CommitAsync(stepped, call.AsVoid());

    public string FullPath(string file) => Path.Combine(Source.Path, file);

    public WrittenFrame Frame(string stream, long sequence, LogRecordKind kind = LogRecordKind.Event)
        => Frames.Last(f => f.Stream == stream && f.Sequence == sequence && f.Kind == kind);

    /// <summary>Opens a file to be damaged, also one that the store has not let go of.</summary>
    public static FileStream Open(string path) => File.Open(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);

    /// <summary>Inverts bytes.</summary>
    public void Destroy(string file, long offset, long count)
    {
        using FileStream stream = Open(FullPath(file));
        var bytes = new byte[count];
        stream.Position = offset;
        stream.ReadExactly(bytes);
        for (int i = 0; i < bytes.Length; i++)
            bytes[i] ^= 0xFF;
        stream.Position = offset;
        stream.Write(bytes);
    }

    public void Destroy(WrittenFrame frame) => Destroy(frame.File, frame.OffsetBytes, frame.LengthBytes);

    public string[] Files(string directory, string pattern)
        => [.. Directory.EnumerateFiles(FullPath(directory), pattern).Order(StringComparer.Ordinal).Select(f => Path.GetRelativePath(Source.Path, f))];

    public async Task<SalvageReport> SalvageAsync(IStorage? storage = null)
    {
        if (Directory.Exists(Target))
            Directory.Delete(Target, recursive: true);
        Dictionary<string, string> bytes = Hashes();
        SalvageReport report = await new StoreSalvage(new ReadOnlyStorage(storage ?? new FileStorage(Source.Path)), Target).RunAsync(TestContext.Current.CancellationToken);
        Assert.Equal(bytes, Hashes());
        Assert.False(Path.Exists(Target + ".partial"));
        Verify();
        After = StreamDump.Of(Target);
        await using LocalLogStore reopened = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = Target, VerifyOnOpen = true }, TestContext.Current.CancellationToken);
        Assert.True(reopened.Recovery.CleanClose);
        Assert.Equal(report.Kept.Streams, After.Count);
        return report;
    }

    private void Verify()
    {
        var target = new ReadOnlyStorage(new FileStorage(Target));
        using var verification = new LogVerification(target, StoreDirectory.Read(target));
        Assert.Empty(verification.Run(TestContext.Current.CancellationToken).Problems);
    }

    private Dictionary<string, string> Hashes()
        => Directory.EnumerateFileSystemEntries(Source.Path, "*", SearchOption.AllDirectories)
            .ToDictionary(f => f, f => File.Exists(f) ? HashOf(f) : "");

    private static string HashOf(string file)
    {
        using FileStream stream = File.Open(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        return Convert.ToHexString(SHA256.HashData(stream));
    }

    private static IEnumerable<WrittenFrame> FramesOf(FileStorage storage)
    {
        Manifest manifest = StoreDirectory.Read(storage);
        foreach (SegmentName name in SegmentFiles.Segments(storage))
        {
            if (name.IsCold)
            {
                using ColdSegment cold = ColdSegment.Open(storage, name, manifest);
                var frames = new ColdScanner(cold, manifest.StoreSeed);
                while (frames.MoveNext())
                {
                    long offset = cold.OffsetOf(frames.Block);
                    yield return Of(frames.Current, frames.Bytes, name.Path, offset, (int)(cold.OffsetOf(frames.Block + 1) - offset));
                }

                continue;
            }

            using IStorageFile file = storage.Open(name.Path, StorageAccess.Read);
            var scanner = new BatchScanner(file, name.First, manifest.StoreSeed, file.LengthBytes);
            while (scanner.Next() is { } batch)
            {
                FrameCursor frames = batch.Frames;
                while (frames.MoveNext())
                    yield return Of(frames.Current, frames.Bytes, name.Path, frames.Location.OffsetBytes, frames.Current.LengthBytes);
            }
        }
    }

    private static WrittenFrame Of(in FrameHeader header, ReadOnlyMemory<byte> bytes, string file, long offset, int length)
        => new(Records.StreamOf(header, bytes)!.Value.Value, header.Kind, header.Sequence.Value, header.Lsn.Value, file, offset, length);
}
