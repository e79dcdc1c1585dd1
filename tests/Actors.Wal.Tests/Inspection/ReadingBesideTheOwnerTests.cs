using Actors.Wal.Backup;
using Actors.Wal.Inspection;
using Actors.Wal.Local;
using Actors.Wal.Recovery;


namespace Actors.Wal.Tests.Inspection;

/// <summary>What reads a store's files while its owner compacts them.</summary>
public sealed class ReadingBesideTheOwnerTests : IDisposable
{
    private const int Streams = 40;
    private const int Rounds = 25;

    private readonly TestDirectory _directory = new();

    private LocalLogStoreOptions Options => _directory.Options with { SegmentBytes = 64 * 1024, MaxBatchBytes = 16 * 1024, MaxRecordBytes = 8 * 1024, IndexSnapshotBytes = 64 * 1024, MaxDeadShare = 0.2 };

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task An_open_log_can_be_read_after_its_segments_were_compacted()
    {
        await using var stepped = new SteppedStore(Options);
        await OverwriteAsync(stepped);
        using var log = ReadOnlyLog.Open(_directory.Path);
        Compact(stepped);
        Assert.Equal(Streams, log.List("").Count());
        for (int i = 0; i < Streams; i++)
        {
            LogRecord record = Assert.Single(log.Replay(new LogStreamId($"state {i}")));
            Assert.Equal(Text(i, Rounds - 1), System.Text.Encoding.UTF8.GetString(record.Payload.Span));
        }
    }

    [Fact]
    public async Task Verifying_reads_the_segments_that_were_there_when_it_began()
    {
        await using var stepped = new SteppedStore(Options);
        await OverwriteAsync(stepped);
        using var storage = PinnedStorage.Open(ReadOnlyLog.Storage(_directory.Path));
        bool compacted = false;
        using var verification = new LogVerification(storage, StoreDirectory.Read(storage))
        {
            Progress = (_, _) =>
            {
                if (!compacted)
                    Compact(stepped);
                compacted = true;
            },
        };
        VerificationReport report = verification.Run(TestContext.Current.CancellationToken);
        Assert.Empty(report.Problems);
        Assert.Equal(Streams * Rounds, report.Frames);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_backup_is_of_the_segments_that_were_there_when_it_began(bool link)
    {
        string target = Path.Combine(_directory.Path, "backup");
        await using (var stepped = new SteppedStore(Options))
        {
            await OverwriteAsync(stepped);
            bool compacted = false;
            await LogStoreBackup.CreateAsync(
                _directory.Path,
                target,
                new BackupOptions
                {
                    Link = link,
                    Progress = (_, _) =>
                    {
                        if (!compacted)
                            Compact(stepped);
                        compacted = true;
                    },
                },
                stepped.Store.Statistics.Durable,
                TestContext.Current.CancellationToken);
            Assert.True(compacted);
        }

        await using LocalLogStore copy = await LocalLogStore.OpenAsync(Options with { Directory = target, VerifyOnOpen = true }, TestContext.Current.CancellationToken);
        for (int i = 0; i < Streams; i++)
        {
            await using ILogStream stream = await copy.OpenAsync(new LogStreamId($"state {i}"), cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal([$"State {Rounds} {Text(i, Rounds - 1)}"], await stream.ReplayAsync().TextsAsync());
        }
    }

    private void Compact(SteppedStore stepped)
    {
        List<string> before = [.. _directory.Segments];
        stepped.Upkeep();
        Assert.NotInRange(before.Count(File.Exists), before.Count - 5, before.Count);
    }

    private static async Task OverwriteAsync(SteppedStore stepped)
    {
        for (int i = 0; i < Streams; i++)
        {
            await using ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId($"state {i}"), new StreamOptions { Retention = Retention.Last }, TestContext.Current.CancellationToken);
            for (int round = 0; round < Rounds; round++)
            {
                Task append = stream.AppendStateAsync(Payloads.Of(Text(i, round))).AsTask();
                stepped.StepAll();
                await append;
            }
        }
    }

    private static string Text(int stream, int round) => $"{stream} in round {round} {new string('x', 400)}";
}
