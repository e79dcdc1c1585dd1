using Actors.Reliability.Machines;
using Actors.Reliability.Mutants;

namespace Actors.Reliability.Tests;

public sealed class MutantTests
{
    public static TheoryData<string> Names() => [.. TestMutant.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_mutant_of_the_tests_fits_the_sources_and_its_tests_are_there(string name)
    {
        TestMutant mutant = Assert.Single(TestMutant.All, m => m.Name == name);
        foreach (Edit edit in mutant.Edits)
        {
            Assert.Equal(2, File.ReadAllText(Path.Combine(Repository.Root, edit.File)).Split(edit.Original).Length);
            Assert.NotEqual(edit.Original, edit.Planted);
        }

        Assert.Contains(mutant.Edits, e => e.Planted.Contains($"Planted.Is(\"{name}\")", StringComparison.Ordinal));
        string tests = mutant.TestClass[(mutant.TestClass.LastIndexOf('.') + 1)..];
        Assert.Contains(
            Directory.EnumerateFiles(Path.Combine(Repository.Root, "tests", mutant.Project), "*.cs", SearchOption.AllDirectories),
            f => File.ReadAllText(f).Contains($"class {tests}(", StringComparison.Ordinal) || File.ReadAllText(f).Contains($"class {tests} ", StringComparison.Ordinal) || File.ReadAllText(f).Contains($"class {tests}\n", StringComparison.Ordinal));
    }
}
