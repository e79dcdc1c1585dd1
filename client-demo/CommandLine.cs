using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Actors.Bank;
using Actors.ClientDemo.Clusters;
using Actors.ClientDemo.Doors;
using Actors.ClientDemo.Statements;

namespace Actors.ClientDemo;

/// <summary>The demo's command line.</summary>
internal static class CommandLine
{
    // More transactions than a cluster under faults completes in a minute, so the faults decide when the run ends.
    private const int EventsOfChaos = 1_000_000;

    private static readonly Option<int> Accounts = Number("--accounts", "Accounts of the generated ledger", 1000, 2, 1_000_000);
    private static readonly Option<int> Events = Number("--events", "Transactions of the generated ledger", 100_000, 1, 50_000_000);
    private static readonly Option<int> Callers = Number("--callers", "Calls at the same time", 256, 1, 65_536);
    private static readonly Option<int> Seed = Number("--seed", "Seed of the generated ledger and of the moment of the kill", 1, 0, int.MaxValue);

    private static readonly Option<int> Kills = Number("--kills", "How often the silo is killed", 1, 1, 1000);

    private static readonly Option<string?> KillCommand = new("--kill-command")
    {
        Description = "Kill the silo with this shell command instead of SIGKILL; its process id is in SILO_PID",
        HelpName = "COMMAND",
    };

    private static readonly Option<FileInfo?> Ledger = new("--ledger")
    {
        Description = "Run this CSV file (transaction_id,account_id,date,kind,operation,amount,balance) and check its balances",
    };

    private static readonly Option<(string Host, int Port)[]?> Connect = new("--connect")
    {
        Description = "Use the cluster whose gateways are at HOST:PORT; nothing is killed then, and what goes unanswered is asked again",
        HelpName = "HOST:PORT[,HOST:PORT…]",
        CustomParser = ParseEndpoints,
    };

    private static readonly Option<int> ConnectSeconds = Number("--connect-seconds", "How many seconds to wait for a gateway of --connect", 30, 1, 3600);

    private static readonly Option<DirectoryInfo?> Directory = DirectoryOption();

    private static readonly Option<long?> Statement = new("--statement")
    {
        Description = "Show this account's statement at the end, newest first",
        HelpName = "ACCOUNT",
        CustomParser = ParseAccount,
    };

    private static readonly Option<AsOf?> AsOf = new("--as-of")
    {
        Description = "Show it as of the end of a date, the ledger's own with --ledger, or as of a time like 2026-01-31T12:00:00Z by the silo's clock",
        HelpName = "DATE-OR-TIME",
        CustomParser = ParseAsOf,
    };

    private static readonly Option<int> Page = Number("--page", "Most lines of the statement", 20, 1, 10_000);

    private static readonly Option<FileInfo?> Json = JsonOption();

    public static int Run(
        string[] args,
        Func<DemoOptions, CancellationToken, Task<int>> run,
        Func<DoorsOptions, CancellationToken, Task<int>> runDoors)
    {
        var root = new RootCommand("Runs a ledger through account grains, kills the silo in the middle, and checks that nothing acknowledged is lost.")
        {
            Accounts, Events, Callers, Seed, Kills, KillCommand, Ledger, Connect, ConnectSeconds, Directory, Statement, AsOf, Page, Json,
        };
        root.Validators.Add(RequireStatement);
        root.Validators.Add(result =>
        {
            if (result.GetResult(Connect) is null && result.GetResult(ConnectSeconds) is { Implicit: false })
                result.AddError("--connect-seconds needs --connect.");
        });
        ChaosCommandLine.AddTo(root);
        root.Subcommands.Add(DoorsCommand.Create(runDoors));
        root.SetAction((result, cancellationToken) => run(OptionsOf(result), cancellationToken));
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            Console.Error.WriteLine($"client-demo: {parsed.Errors[0].Message}");
            return 2;
        }

        return parsed.Invoke(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(20) });
    }

    private static DemoOptions OptionsOf(ParseResult result) => new()
    {
        Accounts = result.GetValue(Accounts),
        Events = ChaosCommandLine.OptionsOf(result) is not null && result.GetResult(Events) is null or { Implicit: true } ? EventsOfChaos : result.GetValue(Events),
        Callers = result.GetValue(Callers),
        Seed = result.GetValue(Seed),
        Kills = result.GetValue(Kills),
        KillCommand = result.GetValue(KillCommand),
        Ledger = result.GetValue(Ledger),
        Connect = result.GetValue(Connect) ?? [],
        ConnectDeadline = TimeSpan.FromSeconds(result.GetValue(ConnectSeconds)),
        Chaos = ChaosCommandLine.OptionsOf(result),
        Directory = result.GetValue(Directory),
        Statement = result.GetValue(Statement) is { } account
            ? new StatementOptions(account, AsOfText.Meaning(result.GetValue(AsOf), result.GetValue(Ledger) is not null), result.GetValue(Page))
            : null,
        Json = result.GetValue(Json),
    };

    private static (string Host, int Port)[]? ParseEndpoints(ArgumentResult result)
    {
        var endpoints = new List<(string Host, int Port)>();
        foreach (string text in result.Tokens[0].Value.Split(','))
        {
            int colon = text.LastIndexOf(':');
            if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port) || port is <= 0 or >= 65536)
            {
                result.AddError($"--connect '{text}' is not HOST:PORT.");
                return null;
            }

            endpoints.Add((text[..colon], port));
        }

        return [.. endpoints];
    }

    private static long? ParseAccount(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long account))
            return account;
        result.AddError($"--statement '{text}' is no account's number.");
        return null;
    }

    private static AsOf? ParseAsOf(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        if (AsOfText.Parse(text) is { } asOf)
            return asOf;
        result.AddError($"--as-of '{text}' is neither a date like 1995-06-30 nor a time like 2026-01-31T12:00:00Z.");
        return null;
    }

    private static void RequireStatement(CommandResult result)
    {
        if (result.GetResult(Statement) is not null)
            return;
        foreach (Option option in (Option[])[AsOf, Page])
        {
            if (result.GetResult(option) is { Implicit: false })
                result.AddError($"{option.Name} needs --statement.");
        }
    }

    /// <summary>The directory in which the silo of any command keeps its logs.</summary>
    internal static Option<DirectoryInfo?> DirectoryOption() => new("--directory")
    {
        Description = "Keep the logs in this empty directory instead of a temporary one",
    };

    /// <summary>The file to which any command writes its result.</summary>
    internal static Option<FileInfo?> JsonOption() => new("--json") { Description = "Write the result to this file as JSON" };

    /// <summary>An option whose value is a whole number within a range.</summary>
    internal static Option<int> Number(string name, string description, int value, int least, int most)
    {
        var option = new Option<int>(name)
        {
            Description = $"{description} ({least} to {most})",
            DefaultValueFactory = _ => value,
        };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && !IsBetween(result.Tokens[0].Value, least, most))
                result.AddError($"{name} '{result.Tokens[0].Value}' must be a whole number from {least} to {most}.");
        });
        return option;
    }

    private static bool IsBetween(string text, int least, int most)
        => int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most;
}
