using System.Globalization;

namespace Actors.Wal.Conformance;

/// <summary>
/// The rules that every store must follow, on any backend; each case is named after the rule that it checks. LSNs and epochs
/// grow but need not be consecutive, and no call has to complete synchronously.
/// </summary>
public abstract class StoreRules(StoreBackend backend) : IAsyncLifetime
{
    private readonly List<ILogStore> _others = [];
    private StoreSettings _settings = new();
    private ILogStore? _store;

    /// <summary>The id of the stream that most cases use.</summary>
    protected static LogStreamId Id { get; } = new("account/1");

    /// <summary>A sequence that is greater than that of every event.</summary>
    protected static Sequence End { get; } = new(long.MaxValue);

    /// <summary>The store under test.</summary>
    protected ILogStore Store => _store ?? throw new InvalidOperationException("The store is not open.");

    /// <summary>Whether several stores may be open on the data at once.</summary>
    protected bool IsShared => backend.IsShared;

    /// <summary>The largest payload in bytes.</summary>
    protected int MaxRecordBytes => _settings.MaxRecordBytes;

    public async ValueTask InitializeAsync()
    {
        _settings = Adapt(_settings);
        _store = await backend.OpenAsync(_settings);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await CloseAsync();
        await backend.DisposeAsync();
    }

    /// <summary>Returns the settings that all cases of a class need.</summary>
    protected virtual StoreSettings Adapt(StoreSettings settings) => settings;

    /// <summary>Closes the store and opens it again, optionally with other settings.</summary>
    protected async Task ReopenAsync(Func<StoreSettings, StoreSettings>? with = null)
    {
        await CloseAsync();
        _settings = with is null ? _settings : with(_settings);
        _store = await backend.OpenAsync(_settings);
    }

    /// <summary>Returns the store of a second owner: another store on the same data, or the same store if the backend is not shared.</summary>
    protected async Task<ILogStore> OtherStoreAsync()
    {
        if (!backend.IsShared)
            return Store;
        ILogStore other = await backend.OpenAsync(_settings);
        _others.Add(other);
        return other;
    }

    /// <summary>Opens a stream; by default the one that most cases use.</summary>
    protected Task<ILogStream> OpenAsync(string? name = null, Retention? retention = null)
        => Store.OpenAsync(name is null ? Id : new LogStreamId(name), new StreamOptions { Retention = retention }).AsTask();

    /// <summary>Returns numbered events as text lines.</summary>
    protected static IEnumerable<string> Events(int from, int to) => Enumerable.Range(from, to - from + 1).Select(i => $"Event {i} event {i}");

    /// <summary>
    /// Checks that the records give the state as of an event: a checkpoint at or before it and the events after that, or all events.
    /// If several checkpoints are possible, the store may choose any.
    /// </summary>
    protected static void GivesState(int sequence, List<string> records)
    {
        string[] words = records[0].Split(' ');
        int from = words[0] == nameof(LogRecordKind.Event) ? 0 : int.Parse(words[1], CultureInfo.InvariantCulture);
        IEnumerable<string> events = Events(from + 1, sequence);
        Assert.Equal(from == 0 ? events : [$"{words[0]} {from} state {from}", .. events], records);
    }

    /// <summary>Reads all events of a stream as text lines.</summary>
    protected static Task<List<string>> HistoryAsync(ILogStream stream) => stream.ReadAsync(new Sequence(1), End).TextsAsync();

    /// <summary>Lists the streams in the order of their names.</summary>
    protected async Task<List<StreamInfo>> ListAsync(string prefix = "")
    {
        var streams = new List<StreamInfo>();
        await foreach (StreamInfo stream in Store.ListAsync(prefix))
            streams.Add(stream);
        return [.. streams.OrderBy(s => s.Id.Value, StringComparer.Ordinal)];
    }

    private async Task CloseAsync()
    {
        foreach (ILogStore other in _others)
            await other.DisposeAsync();
        _others.Clear();
        if (_store is not null)
            await _store.DisposeAsync();
    }
}
