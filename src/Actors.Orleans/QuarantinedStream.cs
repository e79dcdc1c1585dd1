namespace Actors.Orleans;

/// <summary>A stream whose grain can't be activated: an event can't be decoded or applied, or the checkpoint can't be used.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Version">The event's sequence, or the checkpoint's.</param>
/// <param name="Error">The error of the failed activation.</param>
/// <param name="Since">When an activation first failed because of it.</param>
public sealed record QuarantinedStream(string Stream, long Version, string Error, DateTimeOffset Since);
