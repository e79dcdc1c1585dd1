using Actors.Wal.Format;
using Actors.Wal.Local;
using Actors.Wal.Reading;


namespace Actors.Wal.Tests.Streams;

/// <summary>
/// Every bit of every frame header of a stream is flipped while its store is open. Nothing that is decided from a header, retention
/// and reads as of a time, may go by it.
/// </summary>
public sealed class FrameDamageTests : IDisposable
{
    private const int Events = 20;

    private static readonly LogStreamId Id = new("account/1");

    private readonly TestDirectory _directory = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_read_as_of_any_time_is_right_or_an_error_whichever_bit_is_flipped()
    {
        await using SteppedStore stepped = Open();
        ILogStream stream = await FillAsync(stepped);
        DateTimeOffset[] times = [.. Enumerable.Range(0, Events + 2).Select(i => _time.GetUtcNow() - TimeSpan.FromSeconds(i))];
        List<string>[] right = [.. times.Select(t => Texts(stream, t)!)];
        int refused = 0;
        foreach (Action flip in Flips(stepped))
        {
            flip();
            for (int i = 0; i < times.Length; i++)
            {
                if (Texts(stream, times[i]) is not { } read)
                    refused++;
                else if (!read.SequenceEqual(right[i]))
                    Assert.Fail($"As of {i} s before the end it is {string.Join("; ", read)} in place of {string.Join("; ", right[i])}.");
            }

            flip();
        }

        Assert.InRange(refused, 1000, int.MaxValue);
    }

    [Fact]
    public async Task Retention_drops_what_it_is_to_drop_or_nothing_whichever_bit_is_flipped()
    {
        await using SteppedStore stepped = Open();
        ILogStream stream = await FillAsync(stepped);
        int droppedNothing = 0;
        for (int bit = 0; bit < FrameHeader.SizeBytes * 8; bit++)
        {
            (Sequence first, Sequence? before) = (stream.First, stream.Checkpoint);
            Action flip = Flip(((Wal.Local.LocalStream)stream).State.Published.Anchor!.Value, bit);
            flip();
            ValueTask append = stream.AppendAsync(Payloads.Of("more")).AsVoid();
            stepped.StepAll();
            await append;
            ValueTask checkpoint = stream.CheckpointAsync(stream.Head, Payloads.Of("state"));
            stepped.StepAll();
            await checkpoint;
            Assert.InRange(stream.First.Value, first.Value, before!.Value.Next.Value);
            if (stream.First == first)
                droppedNothing++;
            flip();
        }

        Assert.InRange(droppedNothing, 600, int.MaxValue);
    }

    /// <summary>A damaged event kept its grain from saving its state until the event was older than the retention.</summary>
    [Fact]
    public async Task A_state_and_a_checkpoint_are_taken_although_their_retention_can_not_read_and_the_damage_is_reported()
    {
        await using SteppedStore stepped = Open();
        _ = await FillAsync(stepped);
        ILogStream stream = await stepped.Store.OpenAsync(Id, new StreamOptions { Retention = Retention.For(TimeSpan.FromSeconds(10)) }, TestContext.Current.CancellationToken);
        Flip(((Wal.Local.LocalStream)stream).State.Published.HeadLocation!.Value, bit: 200)();
        Sequence first = stream.First;
        _time.Advance(TimeSpan.FromSeconds(1));
        ValueTask state = stream.AppendStateAsync(Payloads.Of("state"), cancellationToken: TestContext.Current.CancellationToken).AsVoid();
        stepped.StepAll();
        await state;
        ValueTask checkpoint = stream.CheckpointAsync(stream.Head, Payloads.Of("checkpoint"), TestContext.Current.CancellationToken);
        stepped.StepAll();
        await checkpoint;
        Assert.Equal(first, stream.First);
        Assert.Equal("segments/0000000001.wal", Assert.Single(stepped.Store.Statistics.Damages).File);
        Assert.Equal(["Checkpoint 21 checkpoint"], await stream.ReplayAsync(TestContext.Current.CancellationToken).TextsAsync());
    }

    [Fact]
    public async Task A_listing_gives_all_streams_but_the_damaged_ones_and_then_says_where_the_damage_is()
    {
        await using SteppedStore stepped = Open();
        foreach (string name in (string[])["a", "b", "c"])
        {
            ILogStream stream = await stepped.Store.OpenAsync(new LogStreamId(name), cancellationToken: TestContext.Current.CancellationToken);
            ValueTask append = stream.AppendAsync(Payloads.Of(name), cancellationToken: TestContext.Current.CancellationToken).AsVoid();
            stepped.StepAll();
            await append;
            if (name == "b")
                Flip(((Wal.Local.LocalStream)stream).State.Published.HeadLocation!.Value, bit: 200)();
        }

        var listed = new List<string>();
        LogCorruptException error = await Assert.ThrowsAsync<LogCorruptException>(async () =>
        {
            await foreach (StreamInfo stream in stepped.Store.ListAsync(cancellationToken: TestContext.Current.CancellationToken))
                listed.Add(stream.Id.Value);
        });
        Assert.Equal(["a", "c"], listed.Order());
        Assert.StartsWith("1 damaged streams can't be listed; all others were given.", error.Message, StringComparison.Ordinal);
        Assert.Equal("segments/0000000001.wal", error.File);
    }

    private SteppedStore Open() => new(_directory.Options with { Time = _time, Sync = SyncPolicy.Never, MaxDeadShare = 1 });

    private async Task<ILogStream> FillAsync(SteppedStore stepped)
    {
        ILogStream stream = await stepped.Store.OpenAsync(Id, new StreamOptions { Retention = Retention.Newest(3) });
        for (int i = 1; i <= Events; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            ValueTask append = stream.AppendAsync(Payloads.Of(i)).AsVoid();
            stepped.StepAll();
            await append;
            if (i % 5 != 0)
                continue;
            ValueTask checkpoint = stream.CheckpointAsync(stream.Head, Payloads.Of($"state {i}"));
            stepped.StepAll();
            await checkpoint;
        }

        return stream;
    }

    /// <summary>For each bit of each frame header something that flips it, and flips it back.</summary>
    private IEnumerable<Action> Flips(SteppedStore stepped)
    {
        LocalLogStore store = stepped.Store;
        var scanner = new BatchScanner(store.Parts.Segments.All[0].File, 1, store.Parts.StoreSeed, store.Parts.Segments.All[0].LengthBytes);
        var frames = new List<FrameLocation>();
        while (scanner.Next() is { } batch)
        {
            FrameCursor cursor = batch.Frames;
            while (cursor.MoveNext())
                frames.Add(cursor.Location);
        }

        return from frame in frames from bit in Enumerable.Range(0, FrameHeader.SizeBytes * 8) select Flip(frame, bit);
    }

    private Action Flip(FrameLocation frame, int bit) => () =>
    {
        using FileStream file = File.Open(_directory.Segments[(int)frame.Segment - 1], FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Position = frame.OffsetBytes + (bit / 8);
        int one = file.ReadByte();
        file.Position--;
        file.WriteByte((byte)(one ^ (1 << (bit % 8))));
    };

    /// <summary>What is read; null if it was refused.</summary>
    private static List<string>? Texts(ILogStream stream, DateTimeOffset time)
    {
        try
        {
            return stream.ReadAsOfAsync(time).TextsAsync().GetAwaiter().GetResult();
        }
        catch (HistoryTruncatedException)
        {
            return ["truncated"];
        }
        catch (LogCorruptException)
        {
            return null;
        }
    }
}
