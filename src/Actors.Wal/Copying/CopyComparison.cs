namespace Actors.Wal.Copying;

/// <summary>Compares a store and its copy. Returns a line for each stream that differs, where possible with the first such record.</summary>
internal sealed class CopyComparison(CopySource source, CopyTarget target, Dictionary<LogStreamId, StreamTally> read, Dictionary<LogStreamId, StreamTally> written)
{
    // The largest number of streams that are read again to find the first record that differs.
    private const int MostExamined = 20;

    public async Task<IReadOnlyList<string>> RunAsync(CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        var differing = new List<LogStreamId>();
        foreach ((LogStreamId id, StreamTally stream) in read)
        {
            if (!written.TryGetValue(id, out StreamTally? copy))
                lines.Add($"Stream '{id}' is missing in the target.");
            else if (stream.Info != copy.Info)
                lines.Add($"Stream '{id}' has {Text(stream.Info)} in the source and {Text(copy.Info)} in the target.");
            else if (!stream.Equals(copy))
                differing.Add(id);
        }

        lines.AddRange(written.Keys.Where(id => !read.ContainsKey(id)).Select(id => $"Stream '{id}' is in the target and not in the source."));
        lines.AddRange(await ExamineAsync([.. differing.Take(MostExamined)], cancellationToken).ConfigureAwait(false));
        lines.AddRange(differing.Skip(MostExamined).Select(id => $"Stream '{id}' holds other records in the target."));
        return lines;
    }

    private async Task<IEnumerable<string>> ExamineAsync(HashSet<LogStreamId> streams, CancellationToken cancellationToken)
    {
        if (streams.Count == 0)
            return [];
        Dictionary<LogStreamId, List<RecordLine>> before = await ReadAsync(source.ReadAsync(byTime: false, streams, cancellationToken), read, streams).ConfigureAwait(false);
        Dictionary<LogStreamId, List<RecordLine>> after = await ReadAsync(target.ReadAsync(streams, cancellationToken), written, streams).ConfigureAwait(false);
        return streams.Select(s => Difference(s, before[s], after[s]));
    }

    private static async Task<Dictionary<LogStreamId, List<RecordLine>>> ReadAsync(IAsyncEnumerable<LogRecord> records, Dictionary<LogStreamId, StreamTally> tallies, HashSet<LogStreamId> streams)
    {
        Dictionary<LogStreamId, List<RecordLine>> lines = streams.ToDictionary(s => s, _ => new List<RecordLine>());
        await foreach (LogRecord record in records.ConfigureAwait(false))
        {
            if (streams.Contains(record.Stream) && tallies[record.Stream].Keeps(record))
                lines[record.Stream].Add(new RecordLine(record.Kind, record.Sequence, record.Time, record.Codec, record.Payload.Length, StreamTally.DigestOf(record)));
        }

        return lines;
    }

    private static string Difference(LogStreamId stream, List<RecordLine> before, List<RecordLine> after)
    {
        int same = 0;
        while (same < before.Count && same < after.Count && before[same] == after[same])
            same++;
        return $"Stream '{stream}' has {At(before, same)} in the source where the target has {At(after, same)}.";
    }

    private static string At(List<RecordLine> lines, int index) => index < lines.Count ? lines[index].ToString() : "nothing";

    private static string Text(StreamInfo info)
        => $"the events {info.First} to {info.Head} and {(info.Checkpoint is { } at ? $"its last checkpoint at {at}" : "no checkpoint")}";

    private sealed record RecordLine(LogRecordKind Kind, Sequence Sequence, DateTimeOffset Time, byte Codec, int Bytes, ulong Digest)
    {
        public override string ToString() => $"{Kind} {Sequence} of {Time:yyyy-MM-ddTHH:mm:ss.ffffffZ} with codec {Codec}, {Bytes} bytes and digest {Digest:x16}";
    }
}
