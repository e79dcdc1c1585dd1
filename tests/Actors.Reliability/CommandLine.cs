using System.CommandLine;
using Actors.Reliability.Layers;
using Actors.Reliability.Workloads;

namespace Actors.Reliability;

/// <summary>The command line of the reliability program.</summary>
internal static class CommandLine
{
    private static readonly Option<string[]> Only = new("--layers")
    {
        Description = $"Run these layers only: {string.Join(", ", LayerCatalogue.All.Select(l => l.Name))}",
        HelpName = "NAME…",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<string[]> Except = new("--except")
    {
        Description = "Run all layers but these",
        HelpName = "NAME…",
        AllowMultipleArgumentsPerToken = true,
    };

    private static readonly Option<long> Images = new("--images")
    {
        Description = "Leave so many crashed disks behind at least, those that equal another counted too",
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
        string[] layers = [.. LayerCatalogue.All.Select(l => l.Name)];
        Only.AcceptOnlyFromAmong(layers);
        Except.AcceptOnlyFromAmong(layers);
        OnlyWorkloads.AcceptOnlyFromAmong([.. Catalogue.All.Select(w => w.Name)]);
        var root = new RootCommand("Attacks the store in every way that docs/explanation/verification.md names, and prints what was tried.") { Only, Except, Images, Seeds, FirstSeed, Minutes, OnlyWorkloads };
        root.SetAction((result, cancellationToken) => Task.FromResult(run(
            [.. LayerCatalogue.All.Where(l => IsWanted(l, result))],
            new LayerBudget(result.GetValue(Images), result.GetValue(FirstSeed), result.GetValue(Seeds), result.GetValue(Minutes), result.GetValue(OnlyWorkloads) is { Length: > 0 } workloads ? workloads : null),
            cancellationToken)));
        ParseResult parsed = root.Parse(args);
        return parsed.Errors.Count > 0 ? Refuse(parsed) : parsed.Invoke();
    }

    private static bool IsWanted(Layer layer, ParseResult result)
        => (result.GetValue(Only) is { Length: > 0 } only ? only.Contains(layer.Name) : !layer.IsOnRequest)
            && (result.GetValue(Except) is not { } except || !except.Contains(layer.Name));

    private static int Refuse(ParseResult parsed)
    {
        foreach (var error in parsed.Errors)
            Console.Error.WriteLine(error.Message);
        return 2;
    }
}
