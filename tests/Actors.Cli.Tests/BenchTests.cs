using System.Text.Json;

namespace Actors.Cli.Tests;

public sealed class BenchTests : IDisposable
{
    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Bench_measures_four_sizes_and_leaves_nothing_behind()
    {
        (int code, string output, string error) = await Walctl.RunAsync("bench", _directory.Path, "--seconds", "0.1", "--json");
        Assert.Equal((0, ""), (code, error));
        JsonElement result = JsonDocument.Parse(output).RootElement;
        Assert.Equal([512, 4096, 65_536, 1_048_576], result.GetProperty("figures").EnumerateArray().Select(f => f.GetProperty("bytes").GetInt32()));
        Assert.All(result.GetProperty("figures").EnumerateArray(), f =>
        {
            Assert.InRange(f.GetProperty("p50Micros").GetDouble(), 0.1, f.GetProperty("p99Micros").GetDouble());
            Assert.InRange(f.GetProperty("p99Micros").GetDouble(), 0.1, f.GetProperty("longestMicros").GetDouble());
        });
        Assert.NotEmpty(result.GetProperty("advice").EnumerateArray());
        Assert.Empty(Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Theory]
    [InlineData("There is no directory '/nowhere'.", "/nowhere", "1")]
    [InlineData("--seconds '0' must be a number from 0.1 to 600.", "/nowhere", "0")]
    public async Task A_bad_value_gets_one_line_and_exit_code_2(string message, string directory, string seconds)
    {
        (int code, string output, string error) = await Walctl.RunAsync("bench", directory, "--seconds", seconds);
        Assert.Equal((2, ""), (code, output));
        Assert.Equal($"walctl: {message}", error);
    }
}
