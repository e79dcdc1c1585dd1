using Actors.Wal.Backup;
using Actors.Wal.Local;

namespace Actors.Wal.Tests.Backup;

public sealed class BackupTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestDirectory _backups = new();

    private LocalLogStoreOptions Options => _directory.Options with
    {
        SegmentBytes = 64 * 1024,
        MaxBatchBytes = 16 * 1024,
        MaxRecordBytes = 8 * 1024,
        IndexSnapshotBytes = 64 * 1024,
        MaxDeadShare = 0.2,
    };

    public void Dispose()
    {
        _directory.Dispose();
        _backups.Dispose();
    }

    [Fact]
    public async Task A_store_that_is_not_open_is_backed_up_as_it_was_left()
    {
        await using (var stepped = new SteppedStore(Options))
            await OverwriteAsync(stepped, 100);
        BackupReport report = await LogStoreBackup.CreateAsync(_directory.Path, In("a"), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(100, report.LastLsn.Value);
        Assert.Equal(0, report.Linked);
        Assert.Equal(100, await LastStateAsync(In("a")));
    }

    [Fact]
    public async Task A_backup_by_link_shares_the_sealed_segments()
    {
        await using (var stepped = new SteppedStore(Options))
            await OverwriteAsync(stepped, 400);
        BackupReport report = await LogStoreBackup.CreateAsync(_directory.Path, In("a"), new BackupOptions { Link = true }, TestContext.Current.CancellationToken);
        Assert.InRange(report.Linked, 3, report.Segments - 1);
        Assert.InRange(report.CopiedBytes, 0, 128 * 1024);
        // The store goes on in segments of its own.
        await using (var stepped = new SteppedStore(Options))
            await OverwriteAsync(stepped, 10);
        Assert.Equal(400, await LastStateAsync(In("a")));
    }

    [Fact]
    public async Task A_compacted_store_is_backed_up_with_its_cold_segments()
    {
        await using (var stepped = new SteppedStore(Options))
        {
            await OverwriteAsync(stepped, 500);
            stepped.Upkeep();
            BackupReport report = await stepped.Store.BackupAsyncStepped(stepped, In("a"));
            Assert.Equal(500, report.LastLsn.Value);
        }

        Assert.Contains(Directory.EnumerateFiles(Path.Combine(In("a"), "segments")), f => f.EndsWith(".cold", StringComparison.Ordinal));
        Assert.Equal(500, await LastStateAsync(In("a")));
    }

    [Fact]
    public async Task A_point_before_a_compaction_needs_the_archive_and_is_refused_without()
    {
        string archive = In("archive");
        await using (var stepped = new SteppedStore(Options with { Archive = new DirectoryArchive(archive) }))
        {
            await OverwriteAsync(stepped, 500);
            stepped.Upkeep();
            Assert.Null(stepped.Store.Statistics.ArchiveFailure);
            await stepped.Store.BackupAsyncStepped(stepped, In("a"));
        }

        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => RestoreAsync("b", 200));
        Assert.Contains("Compaction has dropped what was replaced up to LSN 500", error.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(In("b")));
        Assert.False(Directory.Exists(In("b.partial")));

        BackupReport restored = await LogStoreBackup.RestoreAsync(In("a"), In("c"), new RestoreOptions { ToLsn = new Lsn(200), Archive = archive }, TestContext.Current.CancellationToken);
        Assert.Equal(200, restored.LastLsn.Value);
        Assert.Equal(200, await LastStateAsync(In("c")));
    }

    [Fact]
    public async Task A_point_within_a_segment_that_was_compacted_at_the_very_end_is_refused()
    {
        await using (var stepped = new SteppedStore(Options))
            await OverwriteAsync(stepped, 300);
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(Options, TestContext.Current.CancellationToken))
        {
            // What is due may have been compacted in the background before it is asked for.
            await store.CompactAsync(cancellationToken: TestContext.Current.CancellationToken);
            Assert.InRange(store.Statistics.CompactedSegments, 3, 100);
        }

        await LogStoreBackup.CreateAsync(_directory.Path, In("a"), cancellationToken: TestContext.Current.CancellationToken);
        for (long lsn = 25; lsn < 300; lsn += 25)
            await Assert.ThrowsAsync<ArgumentException>(() => RestoreAsync("b", lsn));
        Assert.Equal(300, (await RestoreAsync("b", 300)).LastLsn.Value);
        Assert.Equal(300, await LastStateAsync(In("b")));
    }

    [Fact]
    public async Task An_archive_takes_a_store_beyond_its_last_backup()
    {
        string archive = In("archive");
        LocalLogStoreOptions options = Options with { Archive = new DirectoryArchive(archive) };
        await using (var stepped = new SteppedStore(options))
        {
            await OverwriteAsync(stepped, 150);
            await stepped.Store.BackupAsyncStepped(stepped, In("a"));
            await OverwriteAsync(stepped, 500);
            stepped.Upkeep();
        }

        BackupReport restored = await LogStoreBackup.RestoreAsync(In("a"), In("b"), new RestoreOptions { Archive = archive }, TestContext.Current.CancellationToken);
        Assert.InRange(restored.LastLsn.Value, 500, 650);
        Assert.Equal(restored.LastLsn.Value, await LastStateAsync(In("b")));
    }

    [Fact]
    public async Task Segments_that_the_archive_does_not_take_are_not_compacted()
    {
        string blocked = In("blocked");
        await File.WriteAllTextAsync(blocked, "a file where the archive's directory should be", TestContext.Current.CancellationToken);
        await using var stepped = new SteppedStore(Options with { Archive = new DirectoryArchive(blocked) });
        await OverwriteAsync(stepped, 400);
        stepped.Upkeep();
        Assert.IsAssignableFrom<IOException>(stepped.Store.Statistics.ArchiveFailure);
        Assert.Equal(0, stepped.Store.Statistics.CompactedSegments);

        File.Delete(blocked);
        await OverwriteAsync(stepped, 100);
        stepped.Upkeep();
        Assert.Null(stepped.Store.Statistics.ArchiveFailure);
        Assert.InRange(stepped.Store.Statistics.CompactedSegments, 3, long.MaxValue);
    }

    [Fact]
    public async Task An_archive_of_another_store_is_not_overwritten()
    {
        using var other = new TestDirectory();
        string archive = In("archive");
        foreach (string directory in new[] { _directory.Path, other.Path })
        {
            await using var stepped = new SteppedStore(Options with { Directory = directory, Archive = new DirectoryArchive(archive) });
            await OverwriteAsync(stepped, 200);
            stepped.Upkeep();
            if (directory == other.Path)
                Assert.Contains("Each store needs an archive of its own", stepped.Store.Statistics.ArchiveFailure!.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_directory_that_exists_is_refused_and_nothing_is_left_behind()
    {
        await using (var stepped = new SteppedStore(Options))
            await OverwriteAsync(stepped, 10);
        Directory.CreateDirectory(In("a"));
        IOException error = await Assert.ThrowsAsync<IOException>(() => LogStoreBackup.CreateAsync(_directory.Path, In("a"), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Contains("exists; name a directory that does not", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DirectoryNotFoundException>(() => LogStoreBackup.CreateAsync(In("no store"), In("b"), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(["a"], Directory.EnumerateFileSystemEntries(_backups.Path).Select(e => Path.GetFileName(e)!));
    }

    [Theory]
    [InlineData(1, 0, "a header")]
    [InlineData(1, 30_000, "a batch of a sealed segment")]
    [InlineData(-1, 2_000, "a batch of the last one")]
    [InlineData(-1, 0, "the last one's header")]
    public async Task A_damaged_store_is_not_backed_up_as_if_it_were_whole(int segment, long offset, string what)
    {
        await using (var stepped = new SteppedStore(Options))
            await OverwriteAsync(stepped, 290);
        await using (FileStream file = File.OpenWrite(_directory.Segments[segment < 0 ? _directory.Segments.Count + segment : segment]))
        {
            file.Position = offset;
            file.Write(new byte[600]);
        }

        Assert.NotEmpty(what);
        await Assert.ThrowsAsync<LogCorruptException>(() => LogStoreBackup.CreateAsync(_directory.Path, In("a"), cancellationToken: TestContext.Current.CancellationToken));
        Assert.Empty(Directory.EnumerateFileSystemEntries(_backups.Path));
    }

    private Task<BackupReport> RestoreAsync(string name, long lsn)
        => LogStoreBackup.RestoreAsync(In("a"), In(name), new RestoreOptions { ToLsn = new Lsn(lsn) }, TestContext.Current.CancellationToken);

    /// <summary>Writes states whose text is their record's number.</summary>
    private static async Task OverwriteAsync(SteppedStore stepped, int count)
    {
        for (int i = 0; i < count; i++)
        {
            long number = stepped.Store.Statistics.Published.Value + 1;
            await using ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId($"state {number % 10}"), new StreamOptions { Retention = Retention.Last }, TestContext.Current.CancellationToken);
            Task append = stream.AppendStateAsync(Payloads.Of($"{number} {new string('x', 800)}"), cancellationToken: TestContext.Current.CancellationToken).AsTask();
            stepped.StepAll();
            await append;
        }
    }

    /// <summary>The number of the newest state, all of the ten newest being there.</summary>
    private async Task<long> LastStateAsync(string directory)
    {
        await using LocalLogStore store = await LocalLogStore.OpenAsync(Options with { Directory = directory, VerifyOnOpen = true }, TestContext.Current.CancellationToken);
        var numbers = new List<long>();
        await foreach (StreamInfo info in store.ListAsync(cancellationToken: TestContext.Current.CancellationToken))
        {
            await using ILogStream stream = await store.OpenAsync(info.Id, cancellationToken: TestContext.Current.CancellationToken);
            string state = Assert.Single(await stream.ReplayAsync().TextsAsync());
            numbers.Add(long.Parse(state.Split(' ')[2], System.Globalization.CultureInfo.InvariantCulture));
        }

        numbers.Sort();
        Assert.Equal(Enumerable.Range(0, 10).Select(i => numbers[^1] - 9 + i), numbers);
        return numbers[^1];
    }

    private string In(string name) => Path.Combine(_backups.Path, name);
}

internal static class SteppedBackup
{
    /// <summary>A backup of a store whose commits are steps.</summary>
    public static async Task<BackupReport> BackupAsyncStepped(this LocalLogStore store, SteppedStore stepped, string target)
    {
        Task<BackupReport> backup = store.BackupAsync(target, cancellationToken: TestContext.Current.CancellationToken);
        stepped.StepAll();
        return await backup;
    }
}
