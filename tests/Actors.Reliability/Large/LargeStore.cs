using System.Buffers.Binary;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using Actors.Reliability.Model;
using Actors.Wal.Local;

namespace Actors.Reliability.Large;

/// <summary>A closed store of about 1 GiB. The content of each record shows its stream and sequence.</summary>
internal sealed class LargeStore : IDisposable
{
    private const long Bytes = 1024L * 1024 * 1024;
    private const int Streams = 200;
    private const int EventsPerAppend = 20;
    private const int MostPayloadBytes = 2000;
    private const int HeaderBytes = 16;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("actors-large-");

    private LargeStore()
    {
    }

    public LocalLogStoreOptions Options => new() { Directory = _directory.FullName, Sync = SyncPolicy.Never };

    /// <summary>The number of its records.</summary>
    public long Records { get; private set; }

    /// <summary>Its segments, in order, with the LSN of the first record of each.</summary>
    public IReadOnlyList<(string Path, Lsn First)> Segments { get; private set; } = [];

    /// <summary>All files that hold data.</summary>
    public IEnumerable<string> Files => Segments.Select(s => s.Path).Append(Path.Combine(_directory.FullName, "MANIFEST"));

    public static async Task<LargeStore> WriteAsync(int seed)
    {
        var large = new LargeStore();
        await using LocalLogStore store = await LocalLogStore.OpenAsync(large.Options);
        await Task.WhenAll(Enumerable.Range(0, Streams).Select(s => Task.Run(() => WriteAsync(store, s, new Random(seed + s)))));
        large.Records = store.Statistics.Published.Value;
        large.Segments = [.. store.Parts.Segments.All.Select(s => (Path.Combine(large._directory.FullName, s.Path), s.FirstLsn))];
        return large;
    }

    /// <summary>Reads records in order. Each must be the record that was written at its LSN.</summary>
    /// <exception cref="InvariantException">A record is another one.</exception>
    public static async Task ReadAsync(LocalLogStore store, Lsn from, long count)
    {
        Lsn expected = from;
        await foreach (LogRecord record in store.SubscribeAsync(from))
        {
            if (record.Lsn != expected || !IsWhole(record))
                throw new InvariantException($"Record {record.Sequence} of stream '{record.Stream}', LSN {record.Lsn}, is not what was written as LSN {expected}.");
            expected = expected.Next;
            if (--count == 0)
                return;
        }
    }

    public void Dispose() => _directory.Delete(recursive: true);

    private static async Task WriteAsync(LocalLogStore store, int stream, Random random)
    {
        await using ILogStream handle = await store.OpenAsync(new LogStreamId($"large/{stream}"));
        var events = new EventData[EventsPerAppend];
        for (long written = 0; written < Bytes / Streams;)
        {
            for (int i = 0; i < events.Length; i++)
            {
                byte[] payload = Payload(handle.Id, handle.Head.Value + 1 + i, HeaderBytes + random.Next(MostPayloadBytes));
                events[i] = new EventData(payload);
                written += payload.Length;
            }

            await handle.AppendAsync(events);
        }
    }

    private static byte[] Payload(LogStreamId stream, long sequence, int length)
    {
        var payload = new byte[length];
        BinaryPrimitives.WriteInt64LittleEndian(payload, sequence);
        ulong tile = TileOf(stream, sequence, length);
        Span<byte> rest = payload.AsSpan(sizeof(long));
        MemoryMarshal.Cast<byte, ulong>(rest).Fill(tile);
        rest[(rest.Length & ~7)..].Fill((byte)tile);
        return payload;
    }

    private static bool IsWhole(in LogRecord record)
    {
        ReadOnlySpan<byte> payload = record.Payload.Span;
        if (payload.Length < HeaderBytes || BinaryPrimitives.ReadInt64LittleEndian(payload) != record.Sequence.Value)
            return false;
        ulong tile = TileOf(record.Stream, record.Sequence.Value, payload.Length);
        ReadOnlySpan<byte> rest = payload[sizeof(long)..];
        return !MemoryMarshal.Cast<byte, ulong>(rest).ContainsAnyExcept(tile) && !rest[(rest.Length & ~7)..].ContainsAnyExcept((byte)tile);
    }

    private static ulong TileOf(LogStreamId stream, long sequence, int length)
        => XxHash3.HashToUInt64(MemoryMarshal.AsBytes(stream.Value.AsSpan()), sequence * 10_000 + length);
}
