using System.Runtime.CompilerServices;
using System.Security.Claims;
using Actors.Explorer.Stores;
using Microsoft.Extensions.Logging;

namespace Actors.Explorer.Access;

/// <summary>A store as one user may see it: payloads are hidden or masked, and changes are allowed or not.</summary>
internal sealed class GuardedStore(IExploredStore store, LogExplorerOptions options, ClaimsPrincipal user, ILogger logger) : IExploredStore
{
    /// <summary>Stands for what the user may not see.</summary>
    public const string Hidden = "Payloads are hidden from you.";

    private readonly bool _showsPayloads = options.ShowPayloads(user);

    public string Name => store.Name;

    public string Place => store.Place;

    public StoreAbilities Abilities { get; } = store.Abilities with
    {
        Changes = store.Abilities.Changes is { } changes && options.AllowChanges(user) ? new NotedChanges(changes, user, logger) : null,
    };

    /// <summary>The store itself, for what all users share.</summary>
    public IExploredStore Whole => store;

    public async ValueTask<StoreOverview> GetOverviewAsync(CancellationToken cancellationToken = default)
        => Shown(await store.GetOverviewAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Returns an overview as the user may see it.</summary>
    public StoreOverview Shown(StoreOverview overview)
    {
        // The error of an event may quote it, and a mask is made for JSON.
        return _showsPayloads && options.MaskPayload is null ? overview : overview with { Quarantined = [.. overview.Quarantined.Select(q => q with { Error = Hidden })] };
    }

    public ValueTask<StreamPage> ListAsync(StreamQuery query, CancellationToken cancellationToken = default) => store.ListAsync(query, cancellationToken);

    public ValueTask<StreamRow?> FindAsync(string stream, CancellationToken cancellationToken = default) => store.FindAsync(stream, cancellationToken);

    public async ValueTask<IReadOnlyList<RecordRow>> ReadAsync(string stream, long from, long to, CancellationToken cancellationToken = default)
        => [.. (await store.ReadAsync(stream, from, to, cancellationToken).ConfigureAwait(false)).Select(Shown)];

    public ValueTask<long> SequenceAtAsync(string stream, DateTimeOffset time, CancellationToken cancellationToken = default) => store.SequenceAtAsync(stream, time, cancellationToken);

    public async ValueTask<StateView> GetStateAsync(string stream, long sequence, CancellationToken cancellationToken = default)
    {
        StateView view = await store.GetStateAsync(stream, sequence, cancellationToken).ConfigureAwait(false);
        RecordRow? record = view.Record is { } row ? Shown(row) : null;
        return _showsPayloads
            ? view with { Before = Masked(stream, view.Before), After = Masked(stream, view.After), Record = record, Note = view.Note is null || options.MaskPayload is null ? view.Note : Hidden }
            : new StateView(view.Sequence, null, null, record, Hidden);
    }

    public async ValueTask<FieldChange?> FindLastChangeAsync(string stream, string path, long sequence, IProgress<long>? progress = null, CancellationToken cancellationToken = default)
    {
        if (!_showsPayloads)
            throw new ExplorerException(Hidden);
        FieldChange? change = await store.FindLastChangeAsync(stream, path, sequence, progress, cancellationToken).ConfigureAwait(false);

        // A mask is made for whole states. Without its context, a field's value can't be masked, so it is left out.
        return options.MaskPayload is null || change is null ? change : change with { Before = null, After = null };
    }

    public ValueTask<SegmentMap> GetSegmentsAsync(CancellationToken cancellationToken = default) => store.GetSegmentsAsync(cancellationToken);

    public ValueTask<IReadOnlyList<SegmentUse>> GetPathAsync(string stream, CancellationToken cancellationToken = default) => store.GetPathAsync(stream, cancellationToken);

    public async IAsyncEnumerable<FeedSlice> FollowAsync(FeedFilter filter, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // A filter by text would tell what is in hidden payloads.
        FeedFilter allowed = _showsPayloads && options.MaskPayload is null ? filter : filter with { Text = "" };
        await foreach (FeedSlice slice in store.FollowAsync(allowed, cancellationToken).ConfigureAwait(false))
        {
            RecordRow[] rows = [.. slice.Records.Select(Shown)];
            yield return slice with { Records = allowed == filter ? rows : [.. rows.Where(r => Has(r, filter.Text))] };
        }
    }

    public IAsyncEnumerable<VerifyState> VerifyAsync(CancellationToken cancellationToken = default) => store.VerifyAsync(cancellationToken);

    private RecordRow Shown(RecordRow row)
    {
        if (!_showsPayloads)
            return row with { Json = null, IdempotencyKey = row.IdempotencyKey is null ? null : Hidden, Error = row.Error is null ? null : Hidden };
        if (options.MaskPayload is null)
            return row;
        return row with { Error = row.Error is null ? null : Hidden, Json = row.Json is { } json ? options.MaskPayload(new ExploredPayload(row.Stream, row.Type, json, IsState: row.Kind is "State" or "Checkpoint")) : null };
    }

    private string? Masked(string stream, string? state)
        => state is null || options.MaskPayload is null ? state : options.MaskPayload(new ExploredPayload(stream, null, state, IsState: true));

    private static bool Has(RecordRow row, string text)
        => text.Length == 0 || (row.Json?.Contains(text, StringComparison.OrdinalIgnoreCase) ?? false) || (row.Type?.Contains(text, StringComparison.OrdinalIgnoreCase) ?? false);
}
