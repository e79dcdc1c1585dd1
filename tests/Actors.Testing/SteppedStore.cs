using Actors.Wal;
using Actors.Wal.Local;
using Actors.Wal.Storage;

namespace Actors.Testing;

/// <summary>A store without threads: it commits only when the test calls a step.</summary>
internal sealed class SteppedStore(LocalLogStoreOptions options, IStorage? storage = null) : IAsyncDisposable
{
    public LocalLogStore Store { get; } = StoreOpening.Open(
        options, new StoreEnvironment(storage ?? new FileStorage(options.Directory)) { Threads = false });

    /// <summary>Commits until nothing is left to commit, and prepares segments as the commits use them.</summary>
    public int StepAll()
    {
        int steps = 0;
        do
        {
            Store.Parts.Supply.Step();
            while (Store.Parts.Committer.Step())
                steps++;
        }
        while (!Store.Parts.Queue.IsEmpty);
        return steps;
    }

    /// <summary>Saves the index and compacts until nothing is left to do.</summary>
    public void Upkeep()
    {
        do
        {
            StepAll();
            Store.Parts.Archiver.Step();
            Store.Parts.Saver.Step();
        }
        while (Store.Parts.Compactor.Step() || Store.Parts.Committer.Step());
    }

    public bool Step() => Store.Parts.Committer.Step();

    public ValueTask DisposeAsync() => Store.DisposeAsync();
}
