using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Actors.Orleans.GrainLogs;
using Orleans.Metadata;

namespace Actors.Orleans.Journaled;

/// <summary>
/// Takes the log of a journaled grain along when the grain migrates. It is there with the grain's context: the log itself comes
/// into being when Orleans has rehydrated the grain already.
/// </summary>
internal sealed class JournaledMigration : IGrainMigrationParticipant
{
    private const string Key = "journaled";

    private GrainLogMigration? _arrived;

    /// <summary>Writes what is to come along; null as long as there is no log.</summary>
    public Action<IDehydrationContext, string>? Write { get; set; }

    public void OnDehydrate(IDehydrationContext dehydrationContext) => Write?.Invoke(dehydrationContext, Key);

    public void OnRehydrate(IRehydrationContext rehydrationContext)
        // The context's memory is gone when this returns.
        => _arrived = GrainLogMigration.Read(rehydrationContext, Key) is { } arrived ? arrived with { State = new(arrived.State.ToArray()) } : null;

    /// <summary>What came along, once.</summary>
    public GrainLogMigration? Take()
    {
        GrainLogMigration? arrived = _arrived;
        _arrived = null;
        return arrived;
    }
}

/// <summary>Gives each journaled grain its <see cref="JournaledMigration"/>.</summary>
internal sealed class JournaledMigrationConfigurator(GrainClassMap classes) : IConfigureGrainContextProvider, IConfigureGrainContext
{
    public bool TryGetConfigurator(GrainType grainType, GrainProperties properties, [NotNullWhen(true)] out IConfigureGrainContext? configurator)
    {
        configurator = classes.TryGetGrainClass(grainType, out Type? grain) && JournaledTypes.BaseOf(grain) is not null ? this : null;
        return configurator is not null;
    }

    public void Configure(IGrainContext context)
    {
        var migration = new JournaledMigration();
        context.SetComponent(migration);
        context.ObservableLifecycle.AddMigrationParticipant(migration);
    }
}
