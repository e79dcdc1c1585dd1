using System.CommandLine;
using Actors.Cli.Commands;

namespace Actors.Cli;

/// <summary>The command line.</summary>
internal static class CommandLine
{
    public static RootCommand Root() => new("Looks into write-ahead logs and takes care of them. Commands that only read take no lock and may be used while a silo is writing.")
    {
        InspectCommand.Make(),
        VerifyCommand.Make(),
        DumpCommand.Make(),
        StatsCommand.Make(),
        BackupCommands.Backup(),
        BackupCommands.Restore(),
        UpkeepCommands.Compact(),
        UpkeepCommands.Checkpoint(),
        SkipCommand.Make(),
        SalvageCommand.Make(),
        BenchCommand.Make(),
    };

    /// <summary>The store that a command is about.</summary>
    public static Argument<string> Directory() => new("directory") { Description = "The store's directory: the one with MANIFEST in it" };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON instead of tables" };
}
