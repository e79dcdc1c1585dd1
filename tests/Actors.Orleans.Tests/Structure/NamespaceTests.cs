using ArchUnitNET.Domain;
using ArchUnitNET.Fluent;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.Loader;

namespace Actors.Orleans.Tests.Structure;

/// <summary>The namespaces of the doors, which are their folders, form layers.</summary>
public sealed class NamespaceTests
{
    private static readonly Architecture Doors = new ArchLoader().LoadAssembly(typeof(IGrainLog<,>).Assembly).Build();

    [Fact]
    public void Namespaces_depend_on_each_other_without_a_cycle()
    {
        SliceRule rule = SliceRuleDefinition.Slices().Matching("Actors.Orleans.(*)").Should().BeFreeOfCycles();
        RequireHolds(rule.Evaluate(Doors));
    }

    [Fact]
    public void No_door_depends_on_another_door()
    {
        string[] doors = ["GrainLogs", "GrainStorage", "JournaledGrains", "Reminders", "TransactionalStates"];
        foreach (string door in doors)
        {
            IObjectProvider<IType> others = ArchRuleDefinition.Types().That().ResideInNamespaceMatching($@"^Actors\.Orleans\.({string.Join('|', doors.Where(d => d != door))})$");
            RequireHolds(ArchRuleDefinition.Types().That().ResideInNamespace($"Actors.Orleans.{door}").Should().NotDependOnAny(others).Evaluate(Doors));
        }
    }

    private static void RequireHolds(IEnumerable<EvaluationResult> results)
    {
        string broken = string.Join('\n', results.Where(r => !r.Passed).Select(r => r.Description));
        Assert.True(broken.Length == 0, broken);
    }
}
