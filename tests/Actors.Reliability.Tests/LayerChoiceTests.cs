using Actors.Reliability.Layers;

namespace Actors.Reliability.Tests;

public sealed class LayerChoiceTests
{
    [Fact]
    public void Layers_and_except_together_run_each_layer_once()
    {
        string[] all = [.. LayerCatalogue.All.Where(l => !l.IsOnRequest).Select(l => l.Name)];
        string[] some = ["crash", "mutants"];
        Assert.Equal(all, Chosen());
        Assert.Equal(some, Chosen(["--layers", .. some]));
        Assert.Equal(all.Except(some), Chosen(["--except", .. some]));
        Assert.Equal(["test-mutants"], Chosen("--layers", "test-mutants"));
        Assert.Equal(["crash"], Chosen(["--layers", .. some, "--except", "mutants"]));
    }

    private static string[] Chosen(params string[] args)
    {
        string[] chosen = [];
        int code = CommandLine.Run(args, (layers, _, _) =>
        {
            chosen = [.. layers.Select(l => l.Name)];
            return 0;
        });
        Assert.Equal(0, code);
        return chosen;
    }
}
