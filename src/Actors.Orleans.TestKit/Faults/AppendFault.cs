namespace Actors.Orleans.TestKit.Faults;

/// <summary>What becomes of an append that a test wants to go wrong.</summary>
internal enum AppendFault
{
    /// <summary>It is rejected, and nothing written.</summary>
    Reject,

    /// <summary>Its outcome is unknown, and it was not written.</summary>
    LoseAppend,

    /// <summary>Its outcome is unknown, and it was written.</summary>
    LoseAnswer,
}
