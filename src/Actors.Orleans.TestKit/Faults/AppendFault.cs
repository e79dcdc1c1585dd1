namespace Actors.Orleans.TestKit.Faults;

/// <summary>The faults that a test can plan for an append.</summary>
internal enum AppendFault
{
    /// <summary>The append is rejected, and not written.</summary>
    Reject,

    /// <summary>The append's outcome is unknown, and it was not written.</summary>
    LoseAppend,

    /// <summary>The append's outcome is unknown, and it was written.</summary>
    LoseAnswer,
}
