using System.Buffers.Binary;
using System.Collections.Immutable;
using System.IO.Hashing;
using Actors.Reliability.Model;
using Actors.Wal.Local;

namespace Actors.Reliability.Processes;

/// <summary>
/// Compares a store, after the end of a writer process, with the writer's output. Each writer's streams must be the result of its
/// operations up to the last acknowledged one, or up to the one after it that was under way.
/// </summary>
internal sealed class WriterCheck
{
    private readonly Dictionary<int, ImmutableSortedDictionary<string, ModelStream>> _writers = [];

    /// <summary>Opens the store that a process left, compares, closes it, and opens and compares it again.</summary>
    /// <exception cref="InvariantException">A promise was broken.</exception>
    public Task<WriterResult> RunAsync(WriterProcess process, bool mayLose = false) => RunAsync(process, process.Options.Store, mayLose);

    /// <summary>
    /// Does the same with a copy of the store. The store itself is left for the next owner to recover, which must find
    /// the same content.
    /// </summary>
    public async Task<WriterResult> RunOnCopyAsync(WriterProcess process)
    {
        // The copy is on another file system, because the next power cut would undo its deletion.
        DirectoryInfo copy = Directory.CreateTempSubdirectory("actors-copy-");
        try
        {
            if (Directory.Exists(process.Options.Directory))
                Copy(process.Options.Directory, copy.FullName);
            return await RunAsync(process, process.Options.Store with { Directory = copy.FullName });
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    private static void Copy(string from, string to)
    {
        foreach (string file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            string target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    private async Task<WriterResult> RunAsync(WriterProcess process, LocalLogStoreOptions options, bool mayLose = false)
    {
        var result = new WriterResult(0, 0, 0);
        await using (LocalLogStore store = await LocalLogStore.OpenAsync(options))
        {
            for (int writer = 0; writer < process.Options.Writers; writer++)
            {
                int acknowledged = process.AcknowledgedBy(writer);
                (int held, _writers[writer]) = Match(store, process, writer, mayLose);
                result = new WriterResult(result.Acknowledged + acknowledged, result.Lost + Math.Max(0, acknowledged - held), result.Beyond + Math.Max(0, held - acknowledged));
            }

            ModelCheck.Same(store, All());
            ModelCheck.Feed(store, All());
        }

        await using LocalLogStore again = await LocalLogStore.OpenAsync(options);
        ModelCheck.Same(again, All());
        return result;
    }

    private ImmutableSortedDictionary<string, ModelStream> All()
        => _writers.Values.SelectMany(s => s).ToImmutableSortedDictionary(StringComparer.Ordinal);

    private (int Held, ImmutableSortedDictionary<string, ModelStream> Streams) Match(LocalLogStore store, WriterProcess process, int writer, bool mayLose)
    {
        int acknowledged = process.AcknowledgedBy(writer);
        List<ImmutableSortedDictionary<string, ModelStream>> after = [.. After(process, writer, acknowledged + (process.MayBeUnderWay(writer) ? 1 : 0))];
        Dictionary<string, Found> found = Read(store, writer);
        int held = after.FindLastIndex(s => IsHeld(s, found));
        if (held < 0)
            throw new InvariantException($"Run {process.Options.Run}: the streams of writer {writer} are {string.Join(", ", found)}, which none of its {acknowledged} acknowledged operations leaves.");
        if (held < acknowledged && !mayLose)
            throw new InvariantException($"Run {process.Options.Run}: {acknowledged} operations of writer {writer} were acknowledged, and the store holds the first {held}.");
        return (held, after[held]);
    }

    /// <summary>Returns a writer's streams after zero operations of a run, after one, after two, and so on.</summary>
    private IEnumerable<ImmutableSortedDictionary<string, ModelStream>> After(WriterProcess process, int writer, int operations)
    {
        ImmutableSortedDictionary<string, ModelStream> streams = _writers.GetValueOrDefault(writer, ImmutableSortedDictionary<string, ModelStream>.Empty.WithComparers(StringComparer.Ordinal));
        yield return streams;
        for (int number = 0; number < operations; number++)
        {
            streams = LogModel.Apply(streams, WriterPlan.Operation(process.Options, writer, number, Of));
            yield return streams;
        }

        WriterStream Of(string stream)
            => streams.TryGetValue(stream, out ModelStream? known) ? new WriterStream(known.Head, known.Checkpoint, known.Digest) : default;
    }

    private static Dictionary<string, Found> Read(LocalLogStore store, int writer)
    {
        HashSet<string> names = [.. WriterPlan.StreamsOf(writer)];
        var found = new Dictionary<string, Found>();
        foreach (StreamInfo info in Ready.Each(store.ListAsync($"writer/{writer}/")).Where(i => names.Contains(i.Id.Value)))
        {
            ILogStream stream = Ready.Get(store.OpenAsync(info.Id));
            ulong digest = 0;
            ulong checkpoint = 0;
            foreach (LogRecord record in Ready.Each(stream.ReplayAsync()))
            {
                digest = record.Kind == LogRecordKind.Checkpoint ? BinaryPrimitives.ReadUInt64LittleEndian(record.Payload.Span) : ModelStream.Fold(digest, record.Payload.Span, record.Kind == LogRecordKind.State);
                if (record.Kind != LogRecordKind.Event)
                    checkpoint = XxHash3.HashToUInt64(record.Payload.Span);
            }

            found.Add(info.Id.Value, new Found(info.Head.Value, info.First.Value, info.Checkpoint?.Value, checkpoint, digest));
        }

        return found;
    }

    private static bool IsHeld(ImmutableSortedDictionary<string, ModelStream> streams, Dictionary<string, Found> found)
        => streams.Count == found.Count
            && streams.All(s => found.GetValueOrDefault(s.Key) == Found.Of(s.Value));

    /// <summary>The properties that distinguish a stream after one operation from the same stream after another.</summary>
    private readonly record struct Found(long Head, long First, long? Checkpoint, ulong CheckpointHash, ulong Digest)
    {
        public static Found Of(ModelStream stream) => new(
            stream.Head,
            stream.First,
            stream.Checkpoint,
            stream.Checkpoint is null ? 0 : XxHash3.HashToUInt64(stream.CheckpointPayload.Span),
            stream.Digest);
    }
}

/// <summary>The outcome of a writer process's operations.</summary>
/// <param name="Acknowledged">The number of acknowledged operations.</param>
/// <param name="Lost">The number of these that are lost; greater than 0 only where loss is allowed.</param>
/// <param name="Beyond">The number of operations that were under way and are in the store.</param>
internal readonly record struct WriterResult(long Acknowledged, long Lost, long Beyond);
