namespace Actors.Reliability.Model;

/// <summary>The store broke a promise.</summary>
internal sealed class InvariantException(string message, Exception? inner = null) : Exception(message, inner);
