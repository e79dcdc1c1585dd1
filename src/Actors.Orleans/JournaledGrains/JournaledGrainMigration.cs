using System.Diagnostics.CodeAnalysis;
using Actors.Orleans.Events;
using Orleans.Metadata;

namespace Actors.Orleans.JournaledGrains;

/// <summary>
/// Carries the log of a journaled grain through a migration. It is created with the grain's context, because Orleans creates the log only
/// after it has rehydrated the grain.
/// </summary>
internal sealed class JournaledGrainMigration : IGrainMigrationParticipant
{
    private const string Key = "journaled";

    private EventMigration? _arrived;

    /// <summary>Writes the log's state and position for the migration; null while there is no log.</summary>
    public Action<IDehydrationContext, string>? Write { get; set; }

    public void OnDehydrate(IDehydrationContext dehydrationContext) => Write?.Invoke(dehydrationContext, Key);

    public void OnRehydrate(IRehydrationContext rehydrationContext) => _arrived = EventMigration.Read(rehydrationContext, Key);

    /// <summary>Returns what the migration brought. Only the first call returns it.</summary>
    public EventMigration? Take()
    {
        EventMigration? arrived = _arrived;
        _arrived = null;
        return arrived;
    }
}

/// <summary>Gives each journaled grain its <see cref="JournaledGrainMigration"/>.</summary>
internal sealed class JournaledGrainMigrationConfigurator(GrainClassMap classes) : IConfigureGrainContextProvider, IConfigureGrainContext
{
    public bool TryGetConfigurator(GrainType grainType, GrainProperties properties, [NotNullWhen(true)] out IConfigureGrainContext? configurator)
    {
        configurator = classes.TryGetGrainClass(grainType, out Type? grain) && JournaledGrainTypes.BaseOf(grain) is not null ? this : null;
        return configurator is not null;
    }

    public void Configure(IGrainContext context)
    {
        var migration = new JournaledGrainMigration();
        context.SetComponent(migration);
        context.ObservableLifecycle.AddMigrationParticipant(migration);
    }
}
