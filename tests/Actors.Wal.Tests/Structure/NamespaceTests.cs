using ArchUnitNET.Domain;
using ArchUnitNET.Fluent;
using ArchUnitNET.Fluent.Slices;
using ArchUnitNET.Loader;

namespace Actors.Wal.Tests.Structure;

/// <summary>The namespaces of the engine, which are its folders, form layers.</summary>
public sealed class NamespaceTests
{
    private static readonly Architecture Engine = new ArchLoader().LoadAssembly(typeof(ILogStore).Assembly).Build();

    [Fact]
    public void Namespaces_depend_on_each_other_without_a_cycle()
    {
        SliceRule rule = SliceRuleDefinition.Slices().Matching("Actors.Wal.(*)").Should().BeFreeOfCycles();
        RequireHolds(rule.Evaluate(Engine));
    }

    [Fact]
    public void The_contract_in_the_root_namespace_depends_on_no_part_that_implements_it()
    {
        IObjectProvider<IType> parts = ArchRuleDefinition.Types().That().ResideInNamespaceMatching(@"^Actors\.Wal\.");
        RequireHolds(ArchRuleDefinition.Types().That().ResideInNamespace("Actors.Wal").Should().NotDependOnAny(parts).Evaluate(Engine));
    }

    private static void RequireHolds(IEnumerable<EvaluationResult> results)
    {
        string broken = string.Join('\n', results.Where(r => !r.Passed).Select(r => r.Description));
        Assert.True(broken.Length == 0, broken);
    }
}
