using System.CommandLine;

namespace Actors.ClientDemo.Doors;

/// <summary>The command line of <c>doors</c>.</summary>
internal static class DoorsCommand
{
    private static readonly Option<string[]> Doors = new("--door")
    {
        Description = $"Run this door alone, or repeated these: {string.Join(", ", DoorCatalogue.Names)}",
        HelpName = "DOOR",
    };

    private static readonly Option<int> Seconds = CommandLine.Number("--seconds", "How long the grains are called", 10, 1, 86_400);
    private static readonly Option<int> Callers = CommandLine.Number("--callers", "Calls of each door at the same time", 16, 1, 4096);
    private static readonly Option<int> Kills = CommandLine.Number("--kills", "How often the silo is killed", 2, 1, 1000);
    private static readonly Option<int> Seed = CommandLine.Number("--seed", "Seed of the amounts and of the moments of the kills", 1, 0, int.MaxValue);
    private static readonly Option<DirectoryInfo?> Directory = CommandLine.DirectoryOption();

    private static readonly Option<string?> Postgres = new("--postgres")
    {
        Description = "Keep the logs in this database instead, in a schema of the demo's own that goes with it",
        HelpName = "Host=…;Database=…",
    };

    private static readonly Option<FileInfo?> Json = CommandLine.JsonOption();

    public static Command Create(Func<DoorsOptions, CancellationToken, Task<int>> run)
    {
        Doors.Validators.Add(result =>
        {
            if (result.Tokens.FirstOrDefault(t => !DoorCatalogue.Names.Contains(t.Value)) is { } unknown)
                result.AddError($"--door '{unknown.Value}' must be one of {string.Join(", ", DoorCatalogue.Names)}.");
        });
        var command = new Command("doors", "Calls a sample grain of each door of Orleans, kills the silo in the middle, and checks that nothing acknowledged is lost and money is neither made nor lost.")
        {
            Doors, Seconds, Callers, Kills, Seed, Directory, Postgres, Json,
        };
        command.Validators.Add(result =>
        {
            if (result.GetValue(Postgres) is not null && result.GetValue(Directory) is not null)
                result.AddError("--postgres and --directory exclude each other: the logs are in a database or in files.");
        });
        command.SetAction((result, cancellationToken) => run(OptionsOf(result), cancellationToken));
        return command;
    }

    private static DoorsOptions OptionsOf(ParseResult result) => new()
    {
        Doors = result.GetValue(Doors) is { Length: > 0 } wanted ? [.. DoorCatalogue.Names.Intersect(wanted)] : DoorCatalogue.Names,
        Seconds = result.GetValue(Seconds),
        Callers = result.GetValue(Callers),
        Kills = result.GetValue(Kills),
        Seed = result.GetValue(Seed),
        Directory = result.GetValue(Directory),
        Postgres = result.GetValue(Postgres),
        Json = result.GetValue(Json),
    };
}
