using System.Security.Claims;

namespace Actors.Explorer;

/// <summary>What the log explorer shows, and to whom.</summary>
public sealed class LogExplorerOptions
{
    /// <summary>Whether a user sees payloads, states and idempotency keys. By default every user does who may open the explorer.</summary>
    public Func<ClaimsPrincipal, bool> ShowPayloads { get; set; } = static _ => true;

    /// <summary>Whether a user may change something: skip an event, drop a checkpoint, compact, back up. By default nobody may.</summary>
    public Func<ClaimsPrincipal, bool> AllowChanges { get; set; } = static _ => false;

    /// <summary>
    /// Masks a payload or a state before it is shown: gets it as JSON and returns the JSON to show. It is called for each one, so it must be quick.
    /// Null shows them as they are.
    /// </summary>
    public Func<ExploredPayload, string>? MaskPayload { get; set; }

    /// <summary>The address of Orleans' own dashboard, relative to the application's base, for a link to it. Null for no link.</summary>
    public string? DashboardPath { get; set; }
}

/// <summary>A payload that is about to be shown.</summary>
/// <param name="Stream">The stream's id.</param>
/// <param name="Type">The name of the event's type or of the state's type; null when the types are not known.</param>
/// <param name="Json">The payload as JSON.</param>
/// <param name="IsState">Whether it is a state, not an event.</param>
public readonly record struct ExploredPayload(string Stream, string? Type, string Json, bool IsState);
