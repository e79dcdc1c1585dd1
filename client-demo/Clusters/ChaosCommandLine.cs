using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;

namespace Actors.ClientDemo.Clusters;

/// <summary>The command-line options of a demo that runs a cluster.</summary>
internal static class ChaosCommandLine
{
    private const int DefaultSilos = 3;

    private static readonly string[] Kinds = [.. Enum.GetNames<FaultKind>().Select(n => n.ToLowerInvariant())];

    private static readonly Option<bool> Chaos = new("--chaos")
    {
        Description = "Run the ledger on a cluster of silo processes whose logs are in PostgreSQL, and kill, pause and restart them meanwhile",
    };

    private static readonly Option<string?> Postgres = new("--postgres")
    {
        Description = "With --chaos: the database, in which the demo makes a schema of its own that goes with it",
        HelpName = "Host=…;Database=…",
    };

    private static readonly Option<string?> Membership = new("--membership")
    {
        Description = "With --chaos: another way to the same database, by which silos find each other: past a pooler",
        HelpName = "Host=…;Database=…",
    };

    private static readonly Option<int> Silos = CommandLine.Number("--silos", "With --chaos: silos of the cluster", DefaultSilos, 1, 16);
    private static readonly Option<int> Seconds = CommandLine.Number("--seconds", "With --chaos: for how long silos are attacked", 40, 1, 86_400);

    private static readonly Option<string> Faults = new("--faults")
    {
        Description = $"With --chaos: what happens to silos, of {string.Join(", ", Kinds)}; or none",
        HelpName = "KIND[,KIND…]",
        DefaultValueFactory = _ => string.Join(',', Kinds),
    };

    private static readonly Option<string?> SiloCommand = new("--silo-command")
    {
        Description = "With --chaos: start each silo by this command; {0} is its number, from 1",
        HelpName = "COMMAND",
    };

    private static readonly Option<string?> SiloHosts = new("--silo-hosts")
    {
        Description = "With --chaos: the silos' addresses, one each",
        HelpName = "ADDRESS[,ADDRESS…]",
    };

    public static void AddTo(RootCommand root)
    {
        foreach (Option option in (Option[])[Chaos, Postgres, Membership, Silos, Seconds, Faults, SiloCommand, SiloHosts])
            root.Options.Add(option);
        root.Validators.Add(Require);
    }

    /// <summary>Returns the options of the cluster; null without <c>--chaos</c>.</summary>
    public static ChaosOptions? OptionsOf(ParseResult result) => !result.GetValue(Chaos) ? null : new ChaosOptions
    {
        Postgres = result.GetValue(Postgres)!,
        Membership = result.GetValue(Membership),
        Silos = result.GetValue(Silos),
        Duration = TimeSpan.FromSeconds(result.GetValue(Seconds)),
        Faults = FaultsOf(result.GetValue(Faults)!)!,
        SiloCommand = result.GetValue(SiloCommand),
        SiloHosts = result.GetValue(SiloHosts) is { } hosts ? HostsOf(hosts)! : [],
    };

    private static void Require(CommandResult result)
    {
        if (!result.GetValue(Chaos))
        {
            foreach (Option option in (Option[])[Postgres, Membership, Silos, Seconds, Faults, SiloCommand, SiloHosts])
            {
                if (result.GetResult(option) is { Implicit: false })
                    result.AddError($"{option.Name} needs --chaos.");
            }

            return;
        }

        if (string.IsNullOrWhiteSpace(result.GetValue(Postgres)))
            result.AddError("--chaos needs --postgres: a cluster keeps its logs in PostgreSQL.");
        foreach (string other in (string[])["--connect", "--directory", "--kills", "--kill-command", "--statement"])
        {
            if (result.Children.OfType<OptionResult>().Any(o => o.Option.Name == other && !o.Implicit))
                result.AddError($"{other} can't be used with --chaos.");
        }

        // Defaults are not filled in yet.
        if (result.GetValue(Faults) is { } faults && FaultsOf(faults) is null)
            result.AddError($"--faults '{faults}' must be none, or of {string.Join(", ", Kinds)}.");
        int silos = result.GetResult(Silos) is null ? DefaultSilos : result.GetValue(Silos);
        if (result.GetValue(SiloHosts) is { } hosts && HostsOf(hosts)?.Count != silos)
            result.AddError($"--silo-hosts '{hosts}' must be an IP address for each of the {silos} silos.");
    }

    private static List<FaultKind>? FaultsOf(string text)
    {
        if (text == "none")
            return [];
        string[] names = text.Split(',');
        return names.All(Kinds.Contains) ? [.. names.Distinct().Select(n => Enum.Parse<FaultKind>(n, ignoreCase: true))] : null;
    }

    private static List<IPAddress>? HostsOf(string text)
    {
        string[] parts = text.Split(',');
        return parts.All(p => IPAddress.TryParse(p, out _)) ? [.. parts.Select(IPAddress.Parse)] : null;
    }
}
