namespace Actors.Wal.Tests.Format;

/// <summary>The committed store of format version 1: it reads, and writing it again gives the same bytes.</summary>
public sealed class FixtureTests : IDisposable
{
    private static readonly string Fixture = Path.Combine(AppContext.BaseDirectory, "Fixtures", "format-1");

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Writing_the_fixture_again_gives_the_same_bytes()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        string[] files = ["MANIFEST", "segments/0000000001.wal", "segments/0000000002.wal"];
        Assert.Equal(2, _directory.Segments.Count);
        foreach (string file in files)
        {
            byte[] committed = await File.ReadAllBytesAsync(Path.Combine(Fixture, file));
            byte[] written = await File.ReadAllBytesAsync(Path.Combine(_directory.Path, file));
            Assert.Equal(committed.Length, written.Length);
            int differs = committed.AsSpan().CommonPrefixLength(written);
            Assert.True(differs == committed.Length, $"{file} differs from the committed fixture at byte {differs}.");
        }
    }

    [Fact]
    public async Task The_fixture_reads_as_it_was_written()
    {
        foreach (string file in Directory.EnumerateFiles(Fixture, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_directory.Path, Path.GetRelativePath(Fixture, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        await using LocalLogStore store = await _directory.OpenAsync();
        Assert.True(store.Recovery.CleanClose);
        Assert.Equal(2, store.Recovery.Streams);
        await using ILogStream account = await store.OpenAsync(new StreamId("account/1/account"));
        Assert.Equal(new Sequence(33), account.Head);
        Assert.Equal(new Sequence(5), account.First);
        List<string> replay = await account.ReplayAsync().TextsAsync();
        Assert.Equal("Checkpoint 18 state 18", replay[0]);
        Assert.Equal("Event 22 event 22", replay[4]);
        Assert.Equal("Event 33 last", replay[^1]);
        await using ILogStream state = await store.OpenAsync(new StreamId("účet/ž/stav"));
        Assert.Equal(["State 2 state 2"], await state.ReplayAsync().TextsAsync());
        Assert.Equal(Enumerable.Range(5, 18).Select(i => $"Event {i} event {i}"), await account.ReadAsync(new Sequence(1), new Sequence(22)).TextsAsync());
        LogRecord first = await FirstAsync(account.ReadAsync(new Sequence(5), new Sequence(5)));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, 40, TimeSpan.Zero), first.Time);
        Assert.Equal(new Lsn(5), first.Lsn);
        Assert.Equal(7, first.Codec);
    }

    private static async Task<LogRecord> FirstAsync(IAsyncEnumerable<LogRecord> records)
    {
        await foreach (LogRecord record in records)
            return record;
        throw new InvalidOperationException("There is no record.");
    }
}
