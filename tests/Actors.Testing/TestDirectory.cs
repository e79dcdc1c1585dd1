using Actors.Wal;
using Actors.Wal.Local;

namespace Actors.Testing;

/// <summary>A directory that is deleted when its test ends.</summary>
public sealed class TestDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("wal-").FullName;

    /// <summary>Small segments, so that a test fills them and opens quickly; no idle marks, so that only the test writes marks.</summary>
    public LocalLogStoreOptions Options => new()
    {
        Directory = Path,
        SegmentBytes = 256 * 1024,
        MaxBatchBytes = 64 * 1024,
        MaxRecordBytes = 32 * 1024,
        IdleMark = TimeSpan.FromHours(1),
        FullRetry = TimeSpan.FromMilliseconds(10),
    };

    public IReadOnlyList<string> Segments
        => [.. Directory.EnumerateFiles(System.IO.Path.Combine(Path, "segments")).Order(StringComparer.Ordinal)];

    public string LastSegment => Segments[^1];

    public Task<LocalLogStore> OpenAsync(Func<LocalLogStoreOptions, LocalLogStoreOptions>? with = null)
        => LocalLogStore.OpenAsync(with is null ? Options : with(Options));

    /// <summary>
    /// Copies the files as they are now to a new directory, as a killed process would leave them. The store
    /// continues to run.
    /// </summary>
    public TestDirectory Image()
    {
        var image = new TestDirectory();
        foreach (string file in Directory.GetFiles(Path, "*", SearchOption.AllDirectories))
        {
            // The lock ends with the process.
            if (System.IO.Path.GetFileName(file) == "LOCK")
                continue;
            string copy = System.IO.Path.Combine(image.Path, System.IO.Path.GetRelativePath(Path, file));
            Directory.CreateDirectory(System.IO.Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return image;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
