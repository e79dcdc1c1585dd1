using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Actors.Orleans.GrainLogs;
using Orleans.Metadata;

namespace Actors.Orleans.Journaled;

/// <summary>
/// Carries the log of a journaled grain through a migration. It is created with the grain's context, because Orleans creates the log only
/// after it has rehydrated the grain.
/// </summary>
internal sealed class JournaledMigration : IGrainMigrationParticipant
{
    private const string Key = "journaled";

    private GrainLogMigration? _arrived;

    /// <summary>Writes the log's state and position for the migration; null while there is no log.</summary>
    public Action<IDehydrationContext, string>? Write { get; set; }

    public void OnDehydrate(IDehydrationContext dehydrationContext) => Write?.Invoke(dehydrationContext, Key);

    public void OnRehydrate(IRehydrationContext rehydrationContext)
        // The context's memory is not valid after this returns.
        => _arrived = GrainLogMigration.Read(rehydrationContext, Key) is { } arrived ? arrived with { State = new(arrived.State.ToArray()) } : null;

    /// <summary>Returns what the migration brought. Only the first call returns it.</summary>
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
