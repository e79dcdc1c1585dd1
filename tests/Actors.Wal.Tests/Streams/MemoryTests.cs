using System.Runtime.CompilerServices;
using Actors.Wal.Local;

namespace Actors.Wal.Tests.Streams;

public sealed class MemoryTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_closed_store_leaves_nothing_in_memory()
    {
        WeakReference index = Use();
        for (int tries = 0; tries < 20 && index.IsAlive; tries++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        Assert.False(index.IsAlive);
    }

    /// <summary>Opens a store, appends from many threads of the pool, and closes it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference Use()
    {
        LocalLogStore store = _directory.OpenAsync().GetAwaiter().GetResult();
        Task.WaitAll(Enumerable.Range(0, 64).Select(i => Task.Run(async () =>
        {
            await using ILogStream stream = await store.OpenAsync(new LogStreamId($"s{i}"));
            for (int e = 0; e < 20; e++)
                await stream.AppendAsync(new EventData(new byte[10]));
        })).ToArray());
        store.DisposeAsync().AsTask().GetAwaiter().GetResult();
        return new WeakReference(store.Parts.Index);
    }
}
