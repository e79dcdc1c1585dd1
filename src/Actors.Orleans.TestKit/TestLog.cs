using Actors.Orleans.Codecs;
using Actors.Orleans.TestKit.Disk;
using Actors.Orleans.TestKit.Faults;
using Actors.Orleans.TestKit.Scenarios;
using Actors.Wal.Local;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans.TestKit;

/// <summary>
/// A log in memory, for tests: the local store on a simulated disk. It outlives the silos that use it, and serves
/// several of them at once. Tests can make it lose power, and make appends fail.
/// </summary>
/// <remarks>
/// <code>
/// await using var log = new TestLog();
/// siloBuilder.AddWriteAheadLog(o => o.UseTestLog(log));
/// </code>
/// </remarks>
public sealed class TestLog : IAsyncDisposable
{
    private static readonly Lazy<IServiceProvider> Serialization = new(() => new ServiceCollection().AddSerializer().BuildServiceProvider());

    private readonly AppendFaults _faults = new();
    private readonly Takeovers _takeovers = new();
    private readonly SemaphoreSlim _opening = new(1);
    private readonly List<LocalLogStore> _crashed = [];
    private MemoryDisk _disk = new();
    private LocalLogStore? _store;

    /// <summary>Returns the store that silos use too, and opens it on first use. It has the options of the first silo that opened it.</summary>
    /// <exception cref="LogCorruptException">The files that a crash left do not validate.</exception>
    public async Task<ILogStore> OpenAsync(CancellationToken cancellationToken = default)
        => await OpenAsync(new LocalLogStoreOptions { Directory = "/memory" }, cancellationToken).ConfigureAwait(false);

    /// <summary>Makes the next append be rejected with <see cref="StoreFullException"/>; nothing of it is written.</summary>
    /// <param name="stream">The beginning of the stream's id, <c>type/key/name</c>. Any stream by default.</param>
    public void RejectNextAppend(string stream = "") => Plant(AppendFault.Reject, stream);

    /// <summary>Makes the next append be lost: its outcome is unknown to the grain, and it was not written.</summary>
    /// <param name="stream">The beginning of the stream's id. Any stream by default.</param>
    public void LoseNextAppend(string stream = "") => Plant(AppendFault.LoseAppend, stream);

    /// <summary>Makes the next append's answer be lost: its outcome is unknown to the grain, and it was written.</summary>
    /// <param name="stream">The beginning of the stream's id. Any stream by default.</param>
    public void LoseNextAnswer(string stream = "") => Plant(AppendFault.LoseAnswer, stream);

    /// <summary>Makes appends wait until the result is disposed of, so that a test can act while they are under way.</summary>
    public IDisposable HoldAppends() => _faults.Hold();

    /// <summary>Takes a grain's stream over, as an activation in another silo would. The owner is fenced, and its next append fails.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="name">The log's or state's name.</param>
    /// <param name="isNoticed">Whether the fenced activation notices the takeover after a moment, as in production, and ends by itself.</param>
    public async Task TakeOverAsync(IAddressable grain, string name, bool isNoticed = false)
    {
        FaultyStore store = await OpenAsync(new LocalLogStoreOptions { Directory = "/memory" }, CancellationToken.None).ConfigureAwait(false);
        await store.TakeOverAsync(StreamOf(grain, name), isNoticed).ConfigureAwait(false);
    }

    /// <summary>
    /// Simulates a loss of power. Running silos can't append or read any more, and the next one finds what survived. Appends that were
    /// acknowledged under <see cref="SyncPolicy.Always"/> always survive.
    /// </summary>
    /// <param name="seed">The seed of the random choice which unflushed pages survive; null for none of them.</param>
    public async Task CrashAsync(int? seed = null)
    {
        await _opening.WaitAsync().ConfigureAwait(false);
        try
        {
            _disk = _disk.Crash(seed is { } value ? new Random(value) : null);
            if (_store is not null)
                _crashed.Add(_store);
            _store = null;
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>
    /// Makes the disk fail for good. The appends under way, or else the next one, have an unknown outcome. Later ones are
    /// rejected, until <see cref="CrashAsync"/> and a new silo.
    /// </summary>
    public void FailDisk()
    {
        _faults.FailDisk();
        _disk.Fail("The test lets the disk fail.");
    }

    /// <summary>Appends events to a grain's log before the grain activates.</summary>
    /// <typeparam name="TEvent">The base type of the events.</typeparam>
    /// <param name="grain">The grain. An existing activation is fenced.</param>
    /// <param name="name">The log's name; <c>journaled</c> for a journaled grain.</param>
    /// <param name="events">The events.</param>
    public async Task GivenAsync<TEvent>(IAddressable grain, string name, params TEvent[] events)
        => await History.AppendAsync(await OpenAsync().ConfigureAwait(false), StreamOf(grain, name), events, CodecOf<TEvent>()).ConfigureAwait(false);

    /// <summary>Reads the events of a grain's log without fencing its owner.</summary>
    /// <typeparam name="TEvent">The base type of the events.</typeparam>
    /// <param name="grain">The grain.</param>
    /// <param name="name">The log's name; <c>journaled</c> for a journaled grain.</param>
    /// <exception cref="GrainLogDecodeException">An event can't be decoded.</exception>
    public async Task<IReadOnlyList<TEvent>> EventsAsync<TEvent>(IAddressable grain, string name)
        => await History.ReadAsync(await OpenAsync().ConfigureAwait(false), StreamOf(grain, name), CodecOf<TEvent>()).ConfigureAwait(false);

    /// <summary>Returns the id of a grain's stream.</summary>
    /// <param name="grain">The grain.</param>
    /// <param name="name">The log's or state's name; <c>journaled</c> for a journaled grain.</param>
    public static LogStreamId StreamOf(IAddressable grain, string name) => Streams.StreamNames.Of(grain.GetGrainId(), name);

    /// <summary>Closes the store.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (LocalLogStore crashed in _crashed)
            await CloseAsync(crashed).ConfigureAwait(false);
        if (_store is not null)
            await CloseAsync(_store).ConfigureAwait(false);
        _opening.Dispose();
    }

    internal async Task<FaultyStore> OpenAsync(LocalLogStoreOptions options, CancellationToken cancellationToken)
    {
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _store ??= await Task.Run(() => StoreOpening.Open(options, _disk), cancellationToken).ConfigureAwait(false);
            return new FaultyStore(_store, _faults, _takeovers);
        }
        finally
        {
            _opening.Release();
        }
    }

    private static PayloadCodec<TEvent> CodecOf<TEvent>()
        => new LogCodecs(Serialization.Value).ForEvent<TEvent>(LogCodec.Auto);

    private static async Task CloseAsync(LocalLogStore store)
    {
        try
        {
            await store.DisposeAsync().ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The store's disk has failed, as the test wanted.
        }
    }

    private void Plant(AppendFault fault, string stream)
        => _faults.Plant(fault, id => id.Value.StartsWith(stream, StringComparison.Ordinal));
}
