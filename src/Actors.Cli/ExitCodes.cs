namespace Actors.Cli;

/// <summary>How a command ended.</summary>
internal static class ExitCodes
{
    public const int Fine = 0;

    /// <summary>The log is damaged; what is wrong where was printed.</summary>
    public const int Damaged = 1;

    /// <summary>The command could not be done as it was given.</summary>
    public const int Misused = 2;

    public const int Stopped = 130;
}
