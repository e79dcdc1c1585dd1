namespace Actors.Orleans;

/// <summary>A stream whose grain can't be activated: one of its events can't be decoded or applied. Other grains go on.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Version">The event.</param>
/// <param name="Error">What is wrong with it.</param>
/// <param name="Since">When an activation failed of it first.</param>
public sealed record QuarantinedStream(string Stream, long Version, string Error, DateTimeOffset Since);
