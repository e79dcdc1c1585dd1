using Actors.Explorer.Access;
using Actors.Explorer.Stores;
using Actors.Wal;
using Microsoft.AspNetCore.Components;

namespace Actors.Explorer.Components.Parts;

/// <summary>A page about one store. Errors that a person can act on are shown in it, and never end it.</summary>
public abstract class StorePage : ComponentBase, IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private string? _shownStore;

    [Inject]
    private protected ExplorerSession Session { get; set; } = null!;

    [Inject]
    private protected NavigationManager Navigation { get; set; } = null!;

    /// <summary>The store's name, from the address; null for the first one.</summary>
    [Parameter]
    public string? Store { get; set; }

    /// <summary>The store; null until it was found.</summary>
    private protected GuardedStore? Explored { get; private set; }

    /// <summary>What went wrong; null when nothing did.</summary>
    protected string? Problem { get; private set; }

    /// <summary>Cancelled when the reader leaves the page.</summary>
    protected CancellationToken Closed => _closing.Token;

    protected override async Task OnParametersSetAsync()
    {
        if (Explored is not null && _shownStore == Store)
        {
            await TryAsync(() => MovedAsync());
            return;
        }

        _shownStore = Store;
        await TryAsync(async () =>
        {
            Explored = await Session.StoreAsync(Store);
            await OpenedAsync();
        });
    }

    /// <summary>Called when the store was found.</summary>
    protected abstract Task OpenedAsync();

    /// <summary>Called when the address has changed within the page.</summary>
    protected virtual Task MovedAsync() => Task.CompletedTask;

    /// <summary>Does something, and shows the error if it fails.</summary>
    protected async Task TryAsync(Func<Task> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        try
        {
            await action();
            Problem = null;
        }
        catch (OperationCanceledException)
        {
            // The reader has left, or has asked for something else.
        }
        catch (Exception e) when (e is ExplorerException or LogStoreException or IOException or ObjectDisposedException or System.Data.Common.DbException)
        {
            Problem = e is ObjectDisposedException ? "The store was closed. Open the page again once the silo runs." : e.Message;
        }
    }

    /// <summary>Does something again and again until the reader leaves. The page is drawn each time.</summary>
    protected async void Repeat(TimeSpan period, Func<Task> action)
    {
        try
        {
            using var timer = new PeriodicTimer(period);
            while (await timer.WaitForNextTickAsync(Closed))
            {
                await InvokeAsync(async () =>
                {
                    await TryAsync(action);
                    StateHasChanged();
                });
            }
        }
        catch (OperationCanceledException)
        {
            // The reader has left.
        }
        catch (ObjectDisposedException)
        {
            // The circuit has ended.
        }
    }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        _closing.Cancel();
        _closing.Dispose();
    }

    /// <summary>Returns the address of a view of this store.</summary>
    protected string PathOf(string view, params (string Name, string? Value)[] parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        string query = string.Join('&', parameters.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}"));
        return $"{Uri.EscapeDataString(Explored?.Name ?? Store ?? "")}{view}{(query.Length > 0 ? "?" + query : "")}";
    }
}
