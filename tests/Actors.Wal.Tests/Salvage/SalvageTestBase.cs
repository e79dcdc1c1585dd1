using Actors.Wal.Salvage;

namespace Actors.Wal.Tests.Salvage;

/// <summary>A store of five streams that is damaged and salvaged.</summary>
public abstract class SalvageTestBase : IDisposable
{
    private protected const int Streams = 5;
    private protected const int Rounds = 120;

    private protected readonly DamagedStore _store = new();

    public void Dispose()
    {
        _store.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected static SequenceRange Range(long from, long to) => new(new Sequence(from), new Sequence(to));

    private protected static EventData Of(string stream, int number) => Payloads.Of($"{stream} {number} {new string('x', 300)}");

    private protected static async Task<ILogStream[]> OpenAsync(SteppedStore stepped)
    {
        var streams = new ILogStream[Streams];
        for (int i = 0; i < Streams; i++)
            streams[i] = await stepped.Store.OpenAsync(new LogStreamId($"s{i}"));
        return streams;
    }

    /// <summary>Events of five streams by turns, one a batch; the last round from the last stream to the first.</summary>
    private protected Task WriteAsync(Func<SteppedStore, ILogStream[], Task>? then = null)
        => _store.WriteAsync(async stepped =>
        {
            ILogStream[] streams = await OpenAsync(stepped);
            for (int i = 1; i <= Rounds; i++)
            {
                for (int s = 0; s < Streams; s++)
                {
                    ILogStream stream = streams[i == Rounds ? (s + 2) % Streams : s];
                    await _store.CommitAsync(stepped, stream.AppendAsync(Of(stream.Id.Value, i)));
                }
            }

            if (then is not null)
                await then(stepped, streams);
            stepped.StepAll();
            stepped.Store.Parts.Saver.Step();
        });

    private protected void AssertUntouched(string except)
        => Assert.Equal(_store.Before.Where(s => s.Key != except).ToDictionary(), _store.After.Where(s => s.Key != except).ToDictionary());

    private protected void DestroyFooter(string file)
    {
        byte[] bytes = File.ReadAllBytes(_store.FullPath(file));
        int footer = bytes.AsSpan().LastIndexOf("ACTWALFT"u8);
        _store.Destroy(file, footer, 64);
    }

    private protected void CopyTo(DamagedStore image)
    {
        foreach (string file in Directory.GetFiles(_store.Source.Path, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "LOCK"))
        {
            string copy = image.FullPath(Path.GetRelativePath(_store.Source.Path, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        image.TakeNote();
    }
}
