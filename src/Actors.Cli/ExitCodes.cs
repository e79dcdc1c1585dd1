namespace Actors.Cli;

/// <summary>The exit codes of walctl.</summary>
internal static class ExitCodes
{
    public const int Fine = 0;

    /// <summary>The log is damaged. The damage was printed.</summary>
    public const int Damaged = 1;

    /// <summary>The command could not be executed as it was given.</summary>
    public const int Misused = 2;

    public const int Stopped = 130;
}
