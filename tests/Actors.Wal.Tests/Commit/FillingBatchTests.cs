using Actors.Wal.Commit;
using Actors.Wal.Format;
using Actors.Wal.Segments;
using Actors.Wal.Streams;

namespace Actors.Wal.Tests.Commit;

/// <summary>Which appends find room in the filling batch: by the room, the reserve, and whether there is a next segment.</summary>
public sealed class FillingBatchTests : IDisposable
{
    private const int SegmentBytes = 64 * 1024;
    private const int LargeBytes = 28 * 1024;

    private readonly TestDirectory _directory = new();
    private readonly FaultyStorage _storage;
    private readonly LocalLogStoreOptions _options;
    private readonly SegmentSupply _supply;
    private readonly FillingBatch _batch;

    public FillingBatchTests()
    {
        _options = _directory.Options with { SegmentBytes = SegmentBytes, MaxBatchBytes = SegmentBytes / 2, MaxRecordBytes = LargeBytes };
        _storage = FaultyStorage.In(_options);
        _storage.CreateDirectory(SegmentFiles.SegmentDirectory);
        _supply = new SegmentSupply(_storage, SegmentBytes, firstNumber: 1, new StoreSize(new SegmentSet(), _options));
        _batch = new FillingBatch(_options, Lsn.Zero, lastTimeMicros: 0, _supply);
    }

    public void Dispose()
    {
        _supply.Abandon(_batch.GiveBackUnused());
        _directory.Dispose();
    }

    [Fact]
    public void Without_a_segment_appends_wait_and_on_a_full_disk_there_is_no_room()
    {
        _batch.Place(firstWaiting: null);
        Assert.False(_batch.IsPlaced);
        Assert.Equal(Room.Awaited, _batch.RoomFor(Event(1), isFull: false));
        Assert.Equal(Room.Missing, _batch.RoomFor(Event(1), isFull: true));
        Assert.Equal(Room.Missing, _batch.RoomFor(Request(AppendKind.Deletion, 0), isFull: true));
    }

    [Fact]
    public void An_append_that_does_not_fit_beside_others_waits_for_their_commit()
    {
        Place();
        _batch.Add(Event(LargeBytes));
        Assert.Equal(Room.Found, _batch.RoomFor(Event(1000), isFull: true));
        Assert.Equal(Room.Awaited, _batch.RoomFor(Event(LargeBytes), isFull: false));
        Commit();
        Assert.Equal(Room.Found, _batch.RoomFor(Event(20 * 1024), isFull: true));
    }

    [Fact]
    public void The_last_segment_keeps_a_reserve_for_truncations_deletions_and_checkpoints()
    {
        Place();
        Fill();
        AppendRequest large = Event(LargeBytes);
        Assert.Equal(Room.Missing, _batch.RoomFor(large, isFull: true));
        AppendRequest small = Event(5000);
        Assert.Equal(Room.Missing, _batch.RoomFor(small, isFull: true));
        Assert.Equal(Room.Awaited, _batch.RoomFor(small, isFull: false));
        Assert.All(
            [AppendKind.Truncation, AppendKind.Deletion, AppendKind.Checkpoint],
            kind => Assert.Equal(Room.Found, _batch.RoomFor(Request(kind, 1000), isFull: true)));
        Assert.Equal(Room.Missing, _batch.RoomFor(Request(AppendKind.Checkpoint, LargeBytes), isFull: true));

        _supply.PrepareOne();
        Assert.Equal(Room.Found, _batch.RoomFor(small, isFull: true));
        Assert.Equal(Room.Awaited, _batch.RoomFor(large, isFull: true));
    }

    [Fact]
    public void An_empty_batch_moves_to_the_next_segment_for_the_first_waiting_append_alone()
    {
        Place();
        Fill();
        AppendRequest large = Event(LargeBytes);
        _batch.Place(firstWaiting: large);
        Assert.Equal(Room.Awaited, _batch.RoomFor(large, isFull: false));
        Assert.Equal(Room.Found, _batch.RoomFor(Request(AppendKind.Deletion, 0), isFull: false));

        _supply.PrepareOne();
        _batch.Place(firstWaiting: Event(1000));
        Assert.True(_supply.HasReady);
        _batch.Place(firstWaiting: large);
        Assert.False(_supply.HasReady);
        Assert.Equal(Room.Found, _batch.RoomFor(large, isFull: true));
        _batch.Add(large);
        BatchBuffer batch = _batch.Swap();
        Assert.Equal(new FrameLocation(2, Layout.FirstBatchOffsetBytes), batch.Location);
        Assert.Equal(new Lsn(3), batch.FirstLsn);
        Assert.Equal(2u, batch.StartsSegment?.Number);
        batch.StartsSegment?.File.Dispose();
    }

    private void Place()
    {
        _supply.PrepareOne();
        _batch.Place(firstWaiting: null);
        Assert.True(_batch.IsPlaced);
        Assert.False(_supply.HasReady);
    }

    /// <summary>Commits two batches, so that the segment has room for little more than the reserve.</summary>
    private void Fill()
    {
        _batch.Add(Event(LargeBytes));
        Commit();
        _batch.Add(Event(26 * 1024));
        Commit();
    }

    private void Commit()
    {
        BatchBuffer batch = _batch.Swap();
        batch.StartsSegment?.File.Dispose();
        _batch.Release(batch);
        _batch.Place(firstWaiting: null);
    }

    private static AppendRequest Event(int bytes) => Request(AppendKind.Event, bytes);

    private static AppendRequest Request(AppendKind kind, int bytes)
    {
        AppendRequest request = new AppendRequestPool().Rent();
        LogStreamId id = new("s");
        request.Kind = kind;
        request.Stream = new StreamState(id, id.ToBytes(), hash: 1, default, default);
        request.Data = new EventData(new byte[bytes]);
        return request;
    }
}
