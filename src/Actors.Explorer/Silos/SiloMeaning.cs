using Actors.Explorer.Reading;
using Actors.Explorer.Stores;
using Actors.Orleans.Hosting;
using Actors.Orleans.Kinds;
using Actors.Wal;

namespace Actors.Explorer.Silos;

/// <summary>What a silo knows of one of its logs: its grain classes' types, and the streams in quarantine.</summary>
internal sealed class SiloMeaning(LogStoreHost host, IServiceProvider services) : StoreMeaning
{
    private readonly Lazy<StreamKinds> _kinds = new(() => new StreamKinds(services, host.Name, []));

    public override IReadOnlyList<QuarantineRow> Quarantined => [.. host.Quarantine.Streams.Select(q => new QuarantineRow(q.Stream, q.Version, q.Error, q.Since))];

    public override IStoreChanges Changes { get; } = new SiloChanges(host, services);

    public override StreamKind? KindOf(LogStreamId stream) => _kinds.Value.Of(stream);
}
