using Actors.Wal.Local;

namespace Actors.Wal.Tests.Streams;

/// <summary>How histories are read from the local store's frames.</summary>
public sealed class HistoryTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_reopened_stream_keeps_its_spine_and_history()
    {
        var id = new LogStreamId("s");
        for (int round = 0; round < 6; round++)
        {
            await using LocalLogStore store = await _directory.OpenAsync();
            for (int opening = 0; opening < 5; opening++)
            {
                await using ILogStream stream = await store.OpenAsync(id);
                long head = stream.Head.Value;
                await stream.AppendAsync([.. Enumerable.Range((int)head + 1, 37).Select(Payloads.Of)]);
                if (opening == 2)
                    await stream.CheckpointAsync(stream.Head, Payloads.Of("state"));
            }
        }

        await using LocalLogStore last = await _directory.OpenAsync();
        await using ILogStream all = await last.OpenAsync(id);
        Assert.Equal(6 * 5 * 37, all.Head.Value);
        Assert.Equal(Enumerable.Range(1, 1110).Select(i => $"Event {i} event {i}"), await all.ReadAsync(new Sequence(1), all.Head).TextsAsync());

        // With the spine intact, every event has the jump that its number asks for.
        var reader = new Wal.Reading.FrameReader(last.Parts.Segments, last.Parts.StoreSeed);
        Wal.Streams.StreamState state = ((Wal.Local.LocalStream)all).State;
        var walk = new Wal.Streams.StreamWalk(state, state.Published, reader);
        for (int i = 1; i <= 1110; i++)
        {
            Wal.Format.FrameHeader header = reader.ReadHeader(walk.Seek(new Sequence(i)), state.Hash);
            long target = Wal.Format.Spine.JumpTarget(i);
            Assert.Equal(target, header.Jump is { } jump ? reader.ReadHeader(jump, state.Hash).Sequence.Value : 0);
        }
    }

    [Fact]
    public async Task Damage_in_a_frame_is_an_error_and_never_a_shorter_history()
    {
        await using LocalLogStore store = await _directory.OpenAsync();
        await using ILogStream stream = await store.OpenAsync(new LogStreamId("s"));
        await stream.AppendManyAsync(100);

        // Under the running store's feet: the file changes after it was validated.
        byte[] bytes = File.ReadAllBytes(_directory.Segments[0]);
        int at = bytes.AsSpan().IndexOf("event 50"u8);
        using (FileStream file = new(_directory.Segments[0], FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
        {
            file.Position = at;
            file.WriteByte((byte)'X');
        }

        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(async () => await stream.ReplayAsync().TextsAsync());
        Assert.EndsWith("0000000001.wal", error.File, StringComparison.Ordinal);
        Assert.Equal(49, (await stream.ReadAsync(new Sequence(1), new Sequence(49)).TextsAsync()).Count);
    }
}
