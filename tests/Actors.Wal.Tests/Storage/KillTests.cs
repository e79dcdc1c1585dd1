using System.Globalization;
using System.Text;
using Actors.Wal.Local;

namespace Actors.Wal.Tests.Storage;

/// <summary>A process that appends is killed at any moment: what it printed is there, and each stream is a prefix.</summary>
public sealed class KillTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Nothing_acknowledged_is_lost_over_kills_at_random_moments()
    {
        var acknowledged = new long[8];
        var random = new Random(5);
        for (int round = 0; round < 10; round++)
        {
            using ProbeProcess probe = ProbeProcess.Start("append", _directory.Path, "1000000");
            Assert.Equal("open", await probe.ReadLineAsync());
            int lines = random.Next(1, 3000);
            for (int i = 0; i < lines; i++)
                Note(await probe.ReadLineAsync());
            await probe.KillAsync();
            while (await probe.ReadLineAsync() is { } rest)
                Note(rest);
            await CheckAsync(acknowledged);
        }

        void Note(string? line)
        {
            // The last line of a killed process may be half a line.
            string[] parts = (line ?? "").Split(' ');
            if (parts.Length == 2 && long.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out long sequence))
                acknowledged[int.Parse(parts[0], CultureInfo.InvariantCulture)] = Math.Max(acknowledged[int.Parse(parts[0], CultureInfo.InvariantCulture)], sequence);
        }
    }

    private async Task CheckAsync(long[] acknowledged)
    {
        await using LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = _directory.Path });
        for (int s = 0; s < acknowledged.Length; s++)
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId($"probe/{s}"));
            Assert.True(stream.Head.Value >= acknowledged[s], $"Stream {s} ends at {stream.Head}; {acknowledged[s]} was acknowledged.");
            long next = 1;
            await foreach (LogRecord record in stream.ReplayAsync())
            {
                Assert.Equal($"{s}:{next}", Encoding.UTF8.GetString(record.Payload.Span));
                next++;
            }

            Assert.Equal(stream.Head.Value + 1, next);
        }
    }}
