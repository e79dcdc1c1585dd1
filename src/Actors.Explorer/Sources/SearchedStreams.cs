using Actors.Explorer.Stores;

namespace Actors.Explorer.Sources;

/// <summary>
/// The list of the streams of a log in files. The newest streams are found by their places in the index, at any depth. For all other
/// lists the streams are searched in the background.
/// </summary>
/// <param name="use">Returns the streams as of now.</param>
/// <param name="time">Measures how old a search is.</param>
internal sealed class SearchedStreams(Func<CancellationToken, ValueTask<ListedStreams>> use, TimeProvider time)
{
    // A search is repeated after this time, since streams come and go.
    private static readonly TimeSpan SearchAge = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(700);

    // How many searches are kept. An older one is stopped, because its reader has typed on.
    private const int MostSearches = 4;

    private readonly Lock _gate = new();
    private readonly List<(StreamQuery Query, StreamScan Scan)> _scans = [];

    public async ValueTask<StreamPage> ListAsync(StreamQuery query, CancellationToken cancellationToken)
    {
        if (query is { Prefix: "", Order: StreamOrder.Newest })
        {
            ListedStreams streams = await use(cancellationToken).ConfigureAwait(false);
            try
            {
                return await Task.Run(() => new StreamPage([.. streams.Newest(query.Skip, query.Take).Select(Rows.Of)], streams.Count), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                streams.Release();
            }
        }

        StreamScan scan = await ScanOfAsync(query, cancellationToken).ConfigureAwait(false);
        StreamPage page = await scan.PageAsync(query.Skip, query.Take, Patience, cancellationToken).ConfigureAwait(false);
        return !page.IsWhole && query.Skip == 0 ? await WithExactAsync(page, query, cancellationToken).ConfigureAwait(false) : page;
    }

    /// <summary>Puts the stream whose id was typed in whole in front, even if the search has not come to it.</summary>
    private async ValueTask<StreamPage> WithExactAsync(StreamPage page, StreamQuery query, CancellationToken cancellationToken)
    {
        if (StreamIds.TryParse(query.Prefix) is not { } id || page.Rows.Any(r => r.Id == query.Prefix))
            return page;
        ListedStreams streams = await use(cancellationToken).ConfigureAwait(false);
        try
        {
            return await streams.Find(id).ConfigureAwait(false) is { } exact
                ? page with { Rows = [Rows.Of(exact), .. page.Rows.Take(Math.Max(0, query.Take - 1))], Total = page.Total + 1 }
                : page;
        }
        finally
        {
            streams.Release();
        }
    }

    private async ValueTask<StreamScan> ScanOfAsync(StreamQuery query, CancellationToken cancellationToken)
    {
        StreamQuery key = query with { Skip = 0, Take = 0 };
        if (Current(key) is { } current)
            return current;
        ListedStreams streams = await use(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            // Another reader may have started the same search meanwhile. Two of them do no harm.
            var scan = new StreamScan(key, streams, time.GetTimestamp());
            _scans.RemoveAll(s => s.Query == key);
            _scans.Add((key, scan));
            if (_scans.Count > MostSearches)
            {
                _scans[0].Scan.Stop();
                _scans.RemoveAt(0);
            }

            scan.Start();
            return scan;
        }
    }

    private StreamScan? Current(StreamQuery key)
    {
        lock (_gate)
        {
            StreamScan? scan = _scans.Find(s => s.Query == key).Scan;
            return scan is not null && (!scan.IsDone || time.GetElapsedTime(scan.StartedAt) < SearchAge) ? scan : null;
        }
    }
}
