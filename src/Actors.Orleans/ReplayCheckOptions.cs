namespace Actors.Orleans;

/// <summary>What a replay check reads, and what it fails on.</summary>
public sealed record ReplayCheckOptions
{
    /// <summary>The write-ahead log whose streams are checked; null for the silo's only one.</summary>
    public string? LogName { get; init; }

    /// <summary>The directory of the store, such as a restored backup; null for the store that the log is configured with.</summary>
    public string? Directory { get; init; }

    /// <summary>Grain types, <c>TYPE</c>, and logs, <c>TYPE/NAME</c>, that were removed from the program on purpose.</summary>
    public IReadOnlyCollection<string> Retired { get; init; } = [];

    /// <summary>Whether warnings fail the check too: states to rebuild, and grain classes without <c>[GrainType]</c>.</summary>
    public bool IsStrict { get; init; }

    /// <summary>Gets the report. The console by default.</summary>
    public TextWriter Output { get; init; } = Console.Out;

    /// <summary>Gets the reason why there is no report. The console's error output by default.</summary>
    public TextWriter Error { get; init; } = Console.Error;
}
