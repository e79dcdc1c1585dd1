namespace Actors.Wal.Tests;

/// <summary>A directory that is removed with its test.</summary>
public sealed class TestDirectory : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("wal-").FullName;

    /// <summary>Small segments, so that a test rolls them and opens quickly.</summary>
    public LocalLogStoreOptions Options => new()
    {
        Directory = Path,
        SegmentBytes = 256 * 1024,
        MaxBatchBytes = 64 * 1024,
        MaxRecordBytes = 32 * 1024,
        IdleMark = TimeSpan.FromHours(1),
    };

    public Task<LocalLogStore> OpenAsync(Func<LocalLogStoreOptions, LocalLogStoreOptions>? with = null)
        => LocalLogStore.OpenAsync(with is null ? Options : with(Options), TestContext.Current.CancellationToken);

    public IReadOnlyList<string> Segments
        => [.. Directory.EnumerateFiles(System.IO.Path.Combine(Path, "segments")).Order(StringComparer.Ordinal)];

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
