using System.CommandLine;
using Actors.Reliability.Contention;
using Actors.Reliability.Layers;
using Actors.Reliability.Machines;
using Actors.Reliability.Processes;
using Actors.Reliability.Workloads;

namespace Actors.Reliability;

/// <summary>The command line.</summary>
internal static class CommandLine
{
    private static readonly Option<string[]> Only = new("--layers")
    {
        Description = $"Run these layers only: {string.Join(", ", LayerCatalogue.All.Select(l => l.Name))}",
        HelpName = "NAME…",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<long> Images = new("--images")
    {
        Description = "Recover so many crashed disks at least",
        DefaultValueFactory = _ => 1_500_000,
    };

    private static readonly Option<int?> Seeds = new("--seeds") { Description = "Run so many seeds, however many disks that gives" };

    private static readonly Option<int> FirstSeed = new("--first-seed") { Description = "Begin with this seed", DefaultValueFactory = _ => 1 };

    private static readonly Option<string[]> OnlyWorkloads = new("--workloads")
    {
        Description = "Run these workloads only, in the layers that work through them",
        HelpName = "NAME…",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<double?> Minutes = new("--minutes") { Description = "Go on with fresh seeds for so long" };

    public static int Run(string[] args, Func<IReadOnlyList<Layer>, LayerBudget, CancellationToken, int> run)
    {
        Only.AcceptOnlyFromAmong([.. LayerCatalogue.All.Select(l => l.Name)]);
        OnlyWorkloads.AcceptOnlyFromAmong([.. Catalogue.All.Select(w => w.Name)]);
        var root = new RootCommand("Attacks the store in every way that docs/reliability.md names, and prints what was tried.") { Only, Images, Seeds, FirstSeed, Minutes, OnlyWorkloads };
        root.SetAction((result, cancellationToken) => Task.FromResult(run(
            result.GetValue(Only) is { Length: > 0 } names ? [.. LayerCatalogue.All.Where(l => names.Contains(l.Name))] : LayerCatalogue.All,
            new LayerBudget(result.GetValue(Images), result.GetValue(FirstSeed), result.GetValue(Seeds), result.GetValue(Minutes), result.GetValue(OnlyWorkloads) is { Length: > 0 } workloads ? workloads : null),
            cancellationToken)));
        root.Subcommands.Add(WriteCommand());
        root.Subcommands.Add(ContendCommand());
        root.Subcommands.Add(CutPowerCommand());
        ParseResult parsed = root.Parse(args);
        return parsed.Errors.Count > 0 ? Refuse(parsed) : parsed.Invoke();
    }

    /// <summary>For the layers that need a process of its own.</summary>
    private static Command WriteCommand()
    {
        var options = new Argument<string[]>("options");
        var command = new Command(ReliabilityProgram.Write) { options };
        command.Hidden = true;
        command.SetAction((result, _) => new Writer(WriterOptions.Of(result.GetValue(options)!)).RunAsync());
        return command;
    }

    private static Command ContendCommand()
    {
        var options = new Argument<string[]>("options");
        var command = new Command(ReliabilityProgram.Contend) { options };
        command.Hidden = true;
        command.SetAction((result, _) => new Contender(ContenderOptions.Of(result.GetValue(options)!)).RunAsync());
        return command;
    }

    private static Command CutPowerCommand()
    {
        var process = new Argument<int>("process");
        var disk = new Argument<string>("disk");
        var command = new Command(ReliabilityProgram.CutPower) { process, disk };
        command.Hidden = true;
        command.SetAction(result => LoopDisk.At(result.GetValue(disk)!).CutPowerUnder(result.GetValue(process)));
        return command;
    }

    private static int Refuse(ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
            Console.Error.WriteLine(error.Message);
        return 2;
    }
}
