using System.CommandLine;
using Actors.Cli.Commands;
using Actors.Cli.Stores;

namespace Actors.Cli;

/// <summary>Builds the commands of walctl and their common arguments.</summary>
internal static class CommandLine
{
    public static RootCommand Root() => new("""
        Looks into write-ahead logs and takes care of them. A store is a directory, or a schema of a PostgreSQL database: postgres://USER@HOST:PORT/DATABASE?schema=actors, with Npgsql's keywords such as sslmode and passfile behind it, or "Host=…;Database=…;Schema=…". Passwords are best in PGPASSWORD or the file of PGPASSFILE. Commands that only read take no lock and may be used while silos are writing.
        """)
    {
        InspectCommand.Make(),
        VerifyCommand.Make(),
        DumpCommand.Make(),
        StatsCommand.Make(),
        ExploreCommand.Make(),
        CopyCommand.Make(),
        BackupCommands.Backup(),
        BackupCommands.Restore(),
        UpkeepCommands.Compact(),
        UpkeepCommands.SaveIndex(),
        SkipCommand.Make(),
        CheckpointCommand.Make(),
        SalvageCommand.Make(),
        BenchCommand.Make(),
    };

    /// <summary>The argument for a store of either kind.</summary>
    public static Argument<string> Store(string name = "store") => new(name) { Description = "A directory, the one with MANIFEST in it, or postgres://USER@HOST:PORT/DATABASE?schema=actors" };

    /// <summary>The argument for a local store.</summary>
    /// <param name="instead">A sentence that says what to do with a PostgreSQL store instead.</param>
    public static Argument<string> Directory(string instead) => LocalOnly(new Argument<string>("directory") { Description = "The store's directory: the one with MANIFEST in it" }, instead);

    /// <summary>Refuses PostgreSQL stores.</summary>
    public static Argument<string> LocalOnly(Argument<string> argument, string instead)
    {
        argument.Validators.Add(result =>
        {
            if (result.Tokens is [{ } token, ..] && PostgresAddress.IsOne(token.Value))
                result.AddError($"This command is for stores in directories. {instead}");
        });
        return argument;
    }

    /// <summary>Refuses values out of range. The parser refuses text that is not of the option's type, with its own message.</summary>
    /// <param name="option">The option.</param>
    /// <param name="isAllowed">Whether a value is in range.</param>
    /// <param name="rule">The range, as the rest of a sentence that begins with the option's name.</param>
    public static Option<T> Require<T>(this Option<T> option, Func<T, bool> isAllowed, string rule)
    {
        option.Validators.Add(result =>
        {
            T? value;
            try
            {
                value = result.GetValueOrDefault<T>();
            }
            catch (InvalidOperationException)
            {
                return;
            }

            if (value is not null && !isAllowed(value))
                result.AddError($"{option.Name} {rule}");
        });
        return option;
    }

    public static Option<bool> Json() => new("--json") { Description = "Print JSON instead of tables" };
}
