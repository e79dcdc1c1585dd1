using Actors.Reliability.Mutants;

namespace Actors.Reliability.Layers;

/// <summary>Plants bugs in the store and runs the other layers against it: what they don't catch, they would not find either.</summary>
internal sealed class MutantLayer : Layer
{
    private const long Images = 400_000;
    private const long ImagesWithoutMutant = 50_000;

    public override string Name => "mutants";

    public override string Description => "bugs planted in the store, each to be caught by another layer";

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        using MutantBuild build = MutantBuild.Make();
        var violations = new List<string>();
        foreach (string layer in new[] { "crash", "errors", "formats" })
        {
            if (build.IsCaught(null, layer, ImagesWithoutMutant))
                violations.Add($"The {layer} layer reports a broken promise with no mutant awake.");
        }

        long caught = 0;
        foreach (Mutant mutant in Mutant.All)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (build.IsCaught(mutant.Name, mutant.Layer, Images))
                caught++;
            else
                violations.Add($"Not caught by the {mutant.Layer} layer: a store that {mutant.Name}.");
        }

        return new LayerReport([("planted", Mutant.All.Count), ("caught", caught)], violations);
    }
}
