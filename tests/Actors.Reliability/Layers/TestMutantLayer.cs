using Actors.Reliability.Mutants;

namespace Actors.Reliability.Layers;

/// <summary>
/// Plants bugs in the store and its doors, and runs the tests that must catch them. It builds all test projects, so it runs only on
/// request. A test checks that the bugs still match the sources.
/// </summary>
internal sealed class TestMutantLayer : Layer
{
    public override string Name => "test-mutants";

    public override string Description => "bugs planted in the store and its doors, each to be caught by named tests";

    public override bool IsOnRequest => true;

    public override LayerReport Run(LayerBudget budget, CancellationToken cancellationToken)
    {
        using MutantBuild build = MutantBuild.OfTests();
        var violations = new List<string>();
        foreach ((string project, string tests) in TestMutant.All.Select(m => (m.Project, m.Tests)).Distinct())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (build.IsCaughtByTests(null, project, tests))
                violations.Add($"{tests} fails with no mutant awake.");
        }

        long caught = 0;
        foreach (TestMutant mutant in TestMutant.All)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (build.IsCaughtByTests(mutant.Name, mutant.Project, mutant.Tests))
                caught++;
            else
                violations.Add($"Not caught by {mutant.Tests}: a program that {mutant.Name}.");
        }

        return new LayerReport([("planted", TestMutant.All.Count), ("caught", caught)], violations);
    }
}
