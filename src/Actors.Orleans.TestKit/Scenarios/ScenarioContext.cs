using Microsoft.Extensions.Logging.Abstractions;

namespace Actors.Orleans.TestKit.Scenarios;

/// <summary>The part of a grain's activation that the grain's log needs.</summary>
internal sealed class ScenarioContext(GrainId grain, IServiceProvider services) : IGrainContext
{
    private readonly Lifecycle _lifecycle = new();

    public GrainId GrainId => grain;

    public IServiceProvider ActivationServices => services;

    public IGrainLifecycle ObservableLifecycle => _lifecycle;

    public ActivationId ActivationId { get; } = ActivationId.NewId();

    public object? GrainInstance => null;

    public GrainReference GrainReference => throw NotThere();

    public GrainAddress Address => throw NotThere();

    public IWorkItemScheduler Scheduler => throw NotThere();

    public Task Deactivated => throw NotThere();

    public Task StartAsync() => _lifecycle.OnStart();

    public Task StopAsync() => _lifecycle.OnStop();

    // The activation ends with the scenario.
    public void Deactivate(DeactivationReason deactivationReason, CancellationToken cancellationToken = default)
    {
    }

    public void Activate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) => throw NotThere();

    public void Migrate(Dictionary<string, object>? requestContext, CancellationToken cancellationToken = default) => throw NotThere();

    public void ReceiveMessage(object message) => throw NotThere();

    public void Rehydrate(IRehydrationContext context) => throw NotThere();

    public object? GetComponent(Type componentType) => null;

    public object? GetTarget() => null;

    public void SetComponent<TComponent>(TComponent? value)
        where TComponent : class
        => throw NotThere();

    public bool Equals(IGrainContext? other) => ReferenceEquals(this, other);

    public override bool Equals(object? obj) => ReferenceEquals(this, obj);

    public override int GetHashCode() => ActivationId.GetHashCode();

    private static NotSupportedException NotThere() => new("A scenario has no silo. Test what needs one in a test cluster, on a TestLog.");

    private sealed class Lifecycle() : LifecycleSubject(NullLogger.Instance), IGrainLifecycle
    {
        public void AddMigrationParticipant(IGrainMigrationParticipant participant)
        {
        }

        public void RemoveMigrationParticipant(IGrainMigrationParticipant participant)
        {
        }
    }
}
