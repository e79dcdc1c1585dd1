using System.CommandLine;
using System.Globalization;
using Actors.Benchmarks.Compacting;
using Actors.Benchmarks.Growth;
using Actors.Benchmarks.Journaling;
using Actors.Benchmarks.Opening;

namespace Actors.Benchmarks;

/// <summary>The benchmarks' command line.</summary>
internal static class CommandLine
{
    private const int MaxCallers = 65_536;

    private static readonly Option<string?> Only = new("--only")
    {
        Description = "Measure the scenarios whose names contain one of these texts, and those that they are compared with",
        HelpName = "TEXT[,TEXT…]",
    };

    private static readonly Option<double> Seconds = Checked(
        new Option<double>("--seconds") { Description = "Length of each measurement (0.1 to 3600)", DefaultValueFactory = _ => 2 },
        text => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value is >= 0.1 and <= 3600,
        "must be a number from 0.1 to 3600");

    private static readonly Option<int> Rounds = Checked(
        new Option<int>("--rounds") { Description = "Measurements of each scenario; the median counts (1 to 1000)", DefaultValueFactory = _ => 5 },
        text => IsBetween(text, 1, 1000),
        "must be a whole number from 1 to 1000");

    private static readonly Option<string> Callers = Checked(
        new Option<string>("--callers")
        {
            Description = $"Callers of the grain scenarios, each with its own grain (1 to {MaxCallers})",
            HelpName = "N[,N…]",
            DefaultValueFactory = _ => "1,64,256,1024,4096",
        },
        text => Parts(text) is { Count: > 0 } parts && parts.All(p => IsBetween(p, 1, MaxCallers)),
        $"must be whole numbers from 1 to {MaxCallers} with commas between them");

    private static readonly Option<int> Silos = Checked(
        new Option<int>("--silos") { Description = "Silos of a cluster over which the callers are spread (1 to 4); more than one with --postgres only", DefaultValueFactory = _ => 1 },
        text => IsBetween(text, 1, 4),
        "must be a whole number from 1 to 4");

    private static readonly Option<string?> Postgres = new("--postgres")
    {
        Description = "Measure grain logs and ADO.NET storage on this PostgreSQL server too",
        HelpName = "Host=…;Database=…;…",
    };

    private static readonly Option<FileInfo[]> PostgresSetup = new Option<FileInfo[]>("--postgres-setup")
    {
        Description = "Scripts that create the Orleans tables, run in a schema that goes with the run: PostgreSQL-Main.sql and PostgreSQL-Persistence.sql of the Orleans repository",
        HelpName = "FILE…",
        AllowMultipleArgumentsPerToken = true,
    }.AcceptExistingOnly();

    private static readonly Option<FileInfo?> Json = new("--json") { Description = "Write the results to this file as JSON", HelpName = "FILE" };

    private static readonly Option<DirectoryInfo?> Directory = new("--directory")
    {
        Description = "Measure the disk of this directory; the run's own files in it are removed",
        HelpName = "DIR",
    };

    public static int Run(string[] args, Func<BenchmarkOptions, CancellationToken, Task<int>> run, Func<OpenOptions, CancellationToken, Task<int>> open, Func<CompactionOptions, CancellationToken, Task<int>> compact, Func<JournaledOptions, CancellationToken, Task<int>> journal, Func<GrowthOptions, CancellationToken, Task<int>> grow)
    {
        var root = new RootCommand("Measures durable grains against what Orleans offers otherwise, and the log against its disk, in one run.")
        {
            Only, Seconds, Rounds, Callers, Silos, Postgres, PostgresSetup, Json, Directory,
        };
        root.SetAction((result, cancellationToken) => run(OptionsOf(result), cancellationToken));
        root.Subcommands.Add(OpenCommand(open));
        root.Subcommands.Add(CompactionCommand(compact));
        root.Subcommands.Add(JournaledCommand(journal));
        root.Subcommands.Add(GrowthCommand(grow));
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Console.Error.WriteLine($"benchmarks: {parsed.Errors[0].Message}");
            return 2;
        }

        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
    }

    private static Command OpenCommand(Func<OpenOptions, CancellationToken, Task<int>> open)
    {
        var streams = Checked(
            new Option<int>("--streams") { Description = "Streams in the store (1 to 100,000,000)", DefaultValueFactory = _ => 10_000_000 },
            text => IsBetween(text, 1, 100_000_000),
            "must be a whole number from 1 to 100,000,000");
        var history = Checked(
            new Option<int>("--history") { Description = "GiB of older segments, which are holes but for their headers (0 to 1000)", DefaultValueFactory = _ => 100 },
            text => IsBetween(text, 0, 1000),
            "must be a whole number from 0 to 1000");
        var command = new Command("open", "Measures how long a store with many streams and a long history takes to open.") { streams, history, Directory };
        command.SetAction((result, cancellationToken) => open(new OpenOptions(result.GetValue(streams), result.GetValue(history), result.GetValue(Directory)), cancellationToken));
        return command;
    }

    private static Command CompactionCommand(Func<CompactionOptions, CancellationToken, Task<int>> compact)
    {
        var streams = Checked(
            new Option<int>("--streams") { Description = "Streams, each of one state (1,000 to 10,000,000)", DefaultValueFactory = _ => 200_000 },
            text => IsBetween(text, 1000, 10_000_000),
            "must be a whole number from 1,000 to 10,000,000");
        var bytes = Checked(
            new Option<int>("--state-bytes") { Description = "Bytes of a state (10 to 100,000)", DefaultValueFactory = _ => 1000 },
            text => IsBetween(text, 10, 100_000),
            "must be a whole number from 10 to 100,000");
        var rate = Checked(
            new Option<int>("--rate") { Description = "Appends per second (0 to 10,000,000; 0: as many as the callers can make)", DefaultValueFactory = _ => 50_000 },
            text => IsBetween(text, 0, 10_000_000),
            "must be a whole number from 0 to 10,000,000");
        var turns = Checked(
            new Option<int>("--turns") { Description = "How often the log is written anew (1 to 100)", DefaultValueFactory = _ => 5 },
            text => IsBetween(text, 1, 100),
            "must be a whole number from 1 to 100");
        var rounds = Checked(
            new Option<int>("--rounds") { Description = "Runs with and without compaction; the median counts (1 to 100)", DefaultValueFactory = _ => 3 },
            text => IsBetween(text, 1, 100),
            "must be a whole number from 1 to 100");
        var command = new Command("compaction", "Measures what compaction costs while states are overwritten.") { streams, bytes, rate, turns, rounds, Directory };
        command.SetAction((result, cancellationToken) => compact(
            new CompactionOptions(result.GetValue(streams), result.GetValue(bytes), result.GetValue(rate), result.GetValue(turns), result.GetValue(rounds), result.GetValue(Directory)), cancellationToken));
        return command;
    }

    private static Command JournaledCommand(Func<JournaledOptions, CancellationToken, Task<int>> journal)
    {
        var lengths = Checked(
            new Option<string>("--events") { Description = "Events in a log before it is measured (1 to 1,000,000)", HelpName = "N[,N…]", DefaultValueFactory = _ => "10,1000,100000" },
            text => Parts(text) is { Count: > 0 } parts && parts.All(p => IsBetween(p, 1, 1_000_000)),
            "must be whole numbers from 1 to 1,000,000 with commas between them");
        var rounds = Checked(
            new Option<int>("--rounds") { Description = "Measurements of each provider and length; the median counts (1 to 100)", DefaultValueFactory = _ => 3 },
            text => IsBetween(text, 1, 100),
            "must be a whole number from 1 to 100");
        var command = new Command("journaled", "Measures what one more event costs a journaled grain, by the length of its log.") { lengths, rounds, Directory };
        command.SetAction((result, cancellationToken) => journal(
            new JournaledOptions([.. Parts(result.GetValue(lengths)!).Select(p => int.Parse(p, CultureInfo.InvariantCulture))], result.GetValue(rounds), result.GetValue(Directory)), cancellationToken));
        return command;
    }

    private static Command GrowthCommand(Func<GrowthOptions, CancellationToken, Task<int>> grow)
    {
        var postgres = new Option<string>("--postgres") { Description = "The PostgreSQL server", HelpName = "Host=…;Database=…;…", Required = true };
        var events = Checked(
            new Option<int>("--events") { Description = "Events of 100 bytes that are appended (1,000 to 100,000,000)", DefaultValueFactory = _ => 1_000_000 },
            text => IsBetween(text, 1000, 100_000_000),
            "must be a whole number from 1,000 to 100,000,000");
        var stores = Checked(
            new Option<string>("--stores") { Description = "Stores that append them, each as a silo has one (1 to 16)", HelpName = "N[,N…]", DefaultValueFactory = _ => "1,2" },
            text => Parts(text) is { Count: > 0 } parts && parts.All(p => IsBetween(p, 1, 16)),
            "must be whole numbers from 1 to 16 with commas between them");
        var command = new Command("growth", "Measures what events cost a PostgreSQL server: time, room, its own log, and dead rows.") { postgres, events, stores };
        command.SetAction((result, cancellationToken) => grow(
            new GrowthOptions(result.GetValue(postgres)!, result.GetValue(events), [.. Parts(result.GetValue(stores)!).Select(p => int.Parse(p, CultureInfo.InvariantCulture))]), cancellationToken));
        return command;
    }

    private static BenchmarkOptions OptionsOf(ParseResult result) => new()
    {
        Only = Parts(result.GetValue(Only) ?? ""),
        Window = TimeSpan.FromSeconds(result.GetValue(Seconds)),
        Rounds = result.GetValue(Rounds),
        Callers = [.. Parts(result.GetValue(Callers)!).Select(p => int.Parse(p, CultureInfo.InvariantCulture)).Distinct().Order()],
        Silos = result.GetValue(Silos),
        Postgres = result.GetValue(Postgres),
        PostgresSetup = result.GetValue(PostgresSetup) ?? [],
        Json = result.GetValue(Json),
        Directory = result.GetValue(Directory),
    };

    private static Option<T> Checked<T>(Option<T> option, Func<string, bool> isValid, string rule)
    {
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ } token, ..] && !isValid(token.Value))
                result.AddError($"{option.Name} '{token.Value}' {rule}.");
        });
        return option;
    }

    private static List<string> Parts(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];

    private static bool IsBetween(string text, int least, int most)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most;
}
