using System.CommandLine;
using Actors.Cli.Commands;

namespace Actors.Cli;

/// <summary>The command line.</summary>
internal static class CommandLine
{
    public static RootCommand Root() => new("Looks into a write-ahead log. Commands that take a store only read it, and may be used while a silo is writing.")
    {
        InspectCommand.Make(),
        VerifyCommand.Make(),
        DumpCommand.Make(),
        BenchCommand.Make(),
    };

    /// <summary>The store that a command is about.</summary>
    public static Argument<string> Directory() => new("directory") { Description = "The store's directory: the one with MANIFEST in it" };

    public static Option<bool> Json() => new("--json") { Description = "Print JSON instead of tables" };
}
