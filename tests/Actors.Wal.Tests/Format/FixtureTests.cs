using Actors.Wal.Local;

namespace Actors.Wal.Tests.Format;

/// <summary>The committed stores of each format version: they read, and writing the newest again gives the same bytes.</summary>
public sealed class FixtureTests : IDisposable
{
    private static readonly string Fixtures = Path.Combine(AppContext.BaseDirectory, "Fixtures");

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
            byte[] committed = await File.ReadAllBytesAsync(Path.Combine(Fixtures, "format-2", file));
            byte[] written = await File.ReadAllBytesAsync(Path.Combine(_directory.Path, file));
            Assert.Equal(committed.Length, written.Length);
            int differs = committed.AsSpan().CommonPrefixLength(written);
            Assert.True(differs == committed.Length, $"{file} differs from the committed fixture at byte {differs}.");
        }
    }

    [Fact]
    public async Task A_store_of_format_1_goes_on_and_is_compacted_together_with_new_frames()
    {
        Copy("format-1");
        await using (LocalLogStore store = await _directory.OpenAsync())
        {
            await using ILogStream account = await store.OpenAsync(new LogStreamId("account/1/account"));
            await account.AppendManyAsync(2000, 34);
            await store.CompactAsync(0.05, compress: true);
        }

        Assert.Contains(_directory.Segments, s => s.EndsWith(".cold", StringComparison.Ordinal));
        await using LocalLogStore again = await _directory.OpenAsync(o => o with { VerifyOnOpen = true });
        Assert.Equal(new Sequence(2033), (await again.FindAsync(new LogStreamId("account/1/account")))?.Head);
        Assert.Equal(2029, (await again.ReadAsync(new LogStreamId("account/1/account"), new Sequence(1), new Sequence(long.MaxValue)).TextsAsync()).Count);
    }

    [Theory]
    [InlineData("format-1")]
    [InlineData("format-2")]
    public async Task The_fixture_reads_as_it_was_written(string format)
    {
        Copy(format);
        await using LocalLogStore store = await _directory.OpenAsync();
        Assert.True(store.Recovery.CleanClose);
        Assert.Equal(2, store.Recovery.Streams);
        await using ILogStream account = await store.OpenAsync(new LogStreamId("account/1/account"));
        Assert.Equal(new Sequence(33), account.Head);
        Assert.Equal(new Sequence(5), account.First);
        List<string> replay = await account.ReplayAsync().TextsAsync();
        Assert.Equal("Checkpoint 18 state 18", replay[0]);
        Assert.Equal("Event 22 event 22", replay[4]);
        Assert.Equal("Event 33 last", replay[^1]);
        await using ILogStream state = await store.OpenAsync(new LogStreamId("účet/ž/stav"));
        Assert.Equal(["State 2 state 2"], await state.ReplayAsync().TextsAsync());
        Assert.Equal(Enumerable.Range(5, 18).Select(i => $"Event {i} event {i}"), await account.ReadAsync(new Sequence(1), new Sequence(22)).TextsAsync());
        LogRecord first = await FirstAsync(account.ReadAsync(new Sequence(5), new Sequence(5)));
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 0, 0, 0, 40, TimeSpan.Zero), first.Time);
        Assert.Equal(new Lsn(5), first.Lsn);
        Assert.Equal(7, first.Codec);
    }

    private void Copy(string format)
    {
        string fixture = Path.Combine(Fixtures, format);
        foreach (string file in Directory.EnumerateFiles(fixture, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(_directory.Path, Path.GetRelativePath(fixture, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }
    }

    private static async Task<LogRecord> FirstAsync(IAsyncEnumerable<LogRecord> records)
    {
        await foreach (LogRecord record in records)
            return record;
        throw new InvalidOperationException("There is no record.");
    }
}
