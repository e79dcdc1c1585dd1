namespace Actors.Orleans.TestKit;

/// <summary>A scenario had another result than expected. The message says what was expected, and what happened.</summary>
public sealed class GrainLogScenarioException : Exception
{
    /// <summary>Reports a scenario.</summary>
    internal GrainLogScenarioException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
