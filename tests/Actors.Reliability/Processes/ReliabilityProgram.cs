namespace Actors.Reliability.Processes;

/// <summary>This program, for processes of its own.</summary>
internal static class ReliabilityProgram
{
    /// <summary>The command that writes until it is killed.</summary>
    public const string Write = "write";

    /// <summary>The command that cuts the power under a running process.</summary>
    public const string CutPower = "cut-power";

    /// <summary>The command that contends for streams until it is killed.</summary>
    public const string Contend = "contend";

    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "Actors.Reliability");
}
