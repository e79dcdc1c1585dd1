using Actors.Wal.Local;

namespace Actors.Wal.Tests.Storage;

/// <summary>However many segments are read, few of their files are open.</summary>
public sealed class OpenFilesTests : IDisposable
{
    private const int Segments = 300;

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Reading_hundreds_of_segments_keeps_few_files_open()
    {
        await using LocalLogStore store = await _directory.OpenAsync(o => o with { SegmentBytes = 64 * 1024, MaxBatchBytes = 32 * 1024, MaxRecordBytes = 16 * 1024, Sync = SyncPolicy.Never });
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("s"), cancellationToken: TestContext.Current.CancellationToken);
        while (store.Statistics.Segments < Segments)
            await stream.AppendAsync([.. Enumerable.Range(0, 3).Select(_ => new EventData(new byte[9000]))], cancellationToken: TestContext.Current.CancellationToken);
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            long expected = 0;
            await foreach (LogRecord record in store.ReadAsync(stream.Id, new Sequence(1), stream.Head))
                Assert.Equal(++expected, record.Sequence.Value);
            Assert.Equal(stream.Head.Value, expected);
        })));
        List<string?> open = [.. Directory.EnumerateFiles($"/proc/{Environment.ProcessId}/fd").Select(TargetOf).Where(f => f?.StartsWith(_directory.Path, StringComparison.Ordinal) == true)];
        Assert.True(open.Count is >= 1 and <= 140, $"{open.Count} files are open: {string.Join(' ', open.Select(Path.GetFileName).Order())}");
    }

    // Other tests of this process close their files between the listing and the look.
    private static string? TargetOf(string descriptor)
    {
        try
        {
            return File.ResolveLinkTarget(descriptor, false)?.FullName;
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }
}
