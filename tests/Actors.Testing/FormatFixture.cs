using Actors.Wal;
using Actors.Wal.Format;

namespace Actors.Testing;

/// <summary>
/// A small store whose bytes depend only on the format: its ids are fixed, the test moves its clock, each call is one commit.
/// The repository has a copy of it. If a new one has other bytes, the format has changed.
/// </summary>
public static class FormatFixture
{
    /// <summary>Writes the store into an empty directory and closes it.</summary>
    public static async Task WriteAsync(string directory)
    {
        var manifest = new Manifest(new Guid("00112233-4455-6677-8899-aabbccddeeff"), 0x0123_4567_89AB_CDEF, 0, 0, 1_700_000_000_000_000);
        var bytes = new byte[Manifest.SizeBytes];
        manifest.Write(bytes);
        await File.WriteAllBytesAsync(Path.Combine(directory, "MANIFEST"), bytes);

        var time = new ManualTime();
        await using var stepped = new SteppedStore(new LocalLogStoreOptions
        {
            Directory = directory,
            SegmentBytes = 64 * 1024,
            MaxBatchBytes = 16 * 1024,
            MaxRecordBytes = 8 * 1024,
            Time = time,
            SegmentAge = null,
        });
        ILogStream account = await stepped.Store.OpenAsync(new LogStreamId("account/1/account"));
        ILogStream other = await stepped.Store.OpenAsync(new LogStreamId("účet/ž/stav"));
        for (int i = 1; i <= 20; i++)
            await CommitAsync(stepped, time, account.AppendAsync(Payloads.Of(i)));
        await CommitAsync(stepped, time, account.CheckpointAsync(new Sequence(18), Payloads.Of("state 18")));
        await CommitAsync(stepped, time, account.AppendAsync([Payloads.Of(21), Payloads.Of(22)]));
        await CommitAsync(stepped, time, other.AppendStateAsync(Payloads.Of("state 1")));
        await CommitAsync(stepped, time, other.AppendStateAsync(Payloads.Of("state 2")));
        await CommitAsync(stepped, time, account.TruncateAsync(new Sequence(5)));
        ILogStream deleted = await stepped.Store.OpenAsync(new LogStreamId("deleted"));
        await CommitAsync(stepped, time, deleted.AppendAsync(Payloads.Of("gone")));
        await CommitAsync(stepped, time, deleted.DeleteAsync());
        for (int i = 23; i <= 32; i++)
            await CommitAsync(stepped, time, account.AppendAsync(new EventData(new byte[6000], 1)));
        await CommitAsync(stepped, time, account.AppendAsync(Payloads.Of("last")));
    }

    private static async Task CommitAsync(SteppedStore stepped, ManualTime time, ValueTask<AppendResult> append)
    {
        time.Advance(TimeSpan.FromMilliseconds(10));
        stepped.StepAll();
        await append;
    }

    private static async Task CommitAsync(SteppedStore stepped, ManualTime time, ValueTask call)
    {
        time.Advance(TimeSpan.FromMilliseconds(10));
        stepped.StepAll();
        await call;
    }
}
