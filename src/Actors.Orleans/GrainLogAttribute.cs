namespace Actors.Orleans;

/// <summary>
/// Marks a grain's constructor parameter of type <see cref="IGrainLog{TState, TEvent}"/>: the grain's own log stream,
/// replayed before the grain activates.
/// </summary>
/// <param name="name">The log's name within the grain: part of the stream's id, so renaming it starts a new log. No '/'.</param>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class GrainLogAttribute(string name) : Attribute, IFacetMetadata
{
    /// <summary>The log's name within the grain.</summary>
    public string Name { get; } = name;

    /// <summary>The write-ahead log provider that keeps the log; <see cref="WriteAheadLogOptions.DefaultName"/> by default.</summary>
    public string ProviderName { get; set; } = WriteAheadLogOptions.DefaultName;

    /// <summary>
    /// The log's retention, in the format of <see cref="Wal.Retention.Parse"/>: <c>All</c>, <c>3 checkpoints</c>, <c>90.00:00:00</c>.
    /// If null, the provider's retention applies. Checked when the silo starts.
    /// </summary>
    public string? Retention { get; set; }
}
