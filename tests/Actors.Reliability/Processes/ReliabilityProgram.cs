using System.Globalization;
using Actors.Reliability.Contention;
using Actors.Reliability.Machines;

namespace Actors.Reliability.Processes;

/// <summary>Starts this program again for the layers that need separate processes.</summary>
internal static class ReliabilityProgram
{
    /// <summary>Writes until it is killed.</summary>
    public const string Write = "write";

    /// <summary>Cuts the power under a running process.</summary>
    public const string CutPower = "cut-power";

    /// <summary>Contends for streams until it is killed.</summary>
    public const string Contend = "contend";

    public static string Path { get; } = System.IO.Path.Combine(AppContext.BaseDirectory, "Actors.Reliability");

    /// <summary>Starts the work of such a process; null if a user started the program. It uses no parser, because hundreds are started.</summary>
    public static Task<int>? Find(string[] arguments) => arguments switch
    {
        [Write, .. var options] => new Writer(WriterOptions.Of(options)).RunAsync(),
        [Contend, .. var options] => new Contender(ContenderOptions.Of(options)).RunAsync(),
        [CutPower, var process, var disk] => CutPowerUnder(int.Parse(process, CultureInfo.InvariantCulture), disk),
        _ => null,
    };

    private static Task<int> CutPowerUnder(int process, string disk)
    {
        LoopDisk.At(disk).CutPowerUnder(process);
        return Task.FromResult(0);
    }
}
