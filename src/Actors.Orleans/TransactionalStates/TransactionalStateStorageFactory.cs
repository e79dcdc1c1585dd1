using Actors.Orleans.Codecs;
using Actors.Orleans.Streams;
using Actors.Orleans.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Transactions;
using Orleans.Transactions.Abstractions;

namespace Actors.Orleans.TransactionalStates;

/// <summary>Makes the storage of transactional states. The stream of a state is <c>TYPE/KEY/NAME.transactional</c>.</summary>
internal sealed class TransactionalStateStorageFactory(LogStoreHost host, LogCodecs codecs, IServiceProvider services) : ITransactionalStateStorageFactory
{
    public const string Suffix = ".transactional";

    private readonly TransactionalFormat _format = new(
        services.GetRequiredService<Serializer<Dictionary<Guid, CommitRecord>>>(), services.GetRequiredService<Serializer<ParticipantId>>());

    public ITransactionalStateStorage<TState> Create<TState>(string stateName, IGrainContext context)
        where TState : class, new()
    {
        var storage = new TransactionalStateStorage<TState>(
            () => host.Store,
            context,
            StreamNames.Of(context.GrainId, stateName + Suffix),
            host.Options.StreamOptionsOf(stateName, host.Options.StateRetention),
            host.Options,
            codecs.ForState<TState>(host.Options.Codec),
            _format);
        _ = CloseAfterAsync(context, storage);
        return storage;
    }

    /// <summary>Closes the storage when the grain's context has deactivated. Orleans does not tell the storage itself.</summary>
    private static async Task CloseAfterAsync<TState>(IGrainContext context, TransactionalStateStorage<TState> storage)
        where TState : class, new()
    {
        await context.Deactivated.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await storage.CloseAsync();
    }
}
