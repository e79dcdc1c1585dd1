using Actors.Reliability.Mutants;

namespace Actors.Reliability.Layers;

/// <summary>Plants bugs in the store and runs the other layers against it, to prove that the layers catch such bugs.</summary>
internal sealed class MutantLayer : Layer
{
    public override string Name => "mutants";

    public override string Description => "bugs planted in the store, each to be caught by another layer";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        using MutantBuild build = MutantBuild.OfLayers();
        var violations = new List<string>();
        foreach (IGrouping<string, Mutant> layer in Mutant.All.GroupBy(m => m.Layer))
        {
            if (build.IsCaught(null, layer.Key, [.. layer.Select(m => m.Workload).OfType<string>().Distinct()]))
                violations.Add($"The {layer.Key} layer reports a broken promise with no mutant awake.");
        }

        long caught = 0;
        foreach (Mutant mutant in Mutant.All)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (build.IsCaught(mutant.Name, mutant.Layer, mutant.Workload is { } workload ? [workload] : []))
                caught++;
            else
                violations.Add($"Not caught by the {mutant.Layer} layer: a store that {mutant.Name}.");
        }

        return new LayerReport([("planted", Mutant.All.Count), ("caught", caught)], violations);
    }
}
