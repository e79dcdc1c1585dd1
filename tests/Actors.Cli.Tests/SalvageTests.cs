using System.Text.Json;
using Actors.Wal.Local;

namespace Actors.Cli.Tests;

public sealed class SalvageTests : IDisposable
{
    private readonly TestDirectory _directory = new();
    private readonly TestDirectory _targets = new();

    private string Target => Path.Combine(_targets.Path, "new");

    public void Dispose()
    {
        _directory.Dispose();
        _targets.Dispose();
    }

    [Fact]
    public async Task Salvage_of_a_whole_store_loses_nothing()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        (int code, string output, string error) = await Walctl.RunAsync("salvage", _directory.Path, Target);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"Nothing is lost. The new store is in '{Target}'.", output, StringComparison.Ordinal);
        Assert.Equal(0, (await Walctl.RunAsync("verify", Target)).ExitCode);
        (_, string before, _) = await Walctl.RunAsync("dump", _directory.Path, "account/1/account");
        (_, string after, _) = await Walctl.RunAsync("dump", Target, "account/1/account");
        Assert.Equal(Lines(before), Lines(after));
    }

    [Fact]
    public async Task Salvage_names_what_is_lost_and_ends_with_1()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        Destroy(_directory.Segments[0], 30_000);
        byte[] damaged = await File.ReadAllBytesAsync(_directory.Segments[0]);
        (int code, string output, string error) = await Walctl.RunAsync("salvage", _directory.Path, Target);
        Assert.Equal((1, ""), (code, error));
        Assert.Contains("segments/0000000001.wal, offset", output, StringComparison.Ordinal);
        Assert.Contains("LSN 31: records lost: 1.", output, StringComparison.Ordinal);
        Assert.Contains("│ account/1/account │ 5-24        │ 25-33       │ older: later events are lost │", output, StringComparison.Ordinal);
        Assert.Equal(damaged, await File.ReadAllBytesAsync(_directory.Segments[0]));

        (code, output, _) = await Walctl.RunAsync("salvage", _directory.Path, Target + "er", "--json");
        Assert.Equal(1, code);
        JsonElement report = JsonDocument.Parse(output).RootElement;
        Assert.False(report.GetProperty("complete").GetBoolean());
        Assert.Equal("00112233-4455-6677-8899-aabbccddeeff", report.GetProperty("storeId").GetString());
        Assert.Equal(31, Assert.Single(report.GetProperty("lost").EnumerateArray()).GetProperty("firstLsn").GetInt64());
        JsonElement stream = Assert.Single(report.GetProperty("streams").EnumerateArray());
        Assert.Equal(("account/1/account", "Older"), (stream.GetProperty("stream").GetString(), stream.GetProperty("outcome").GetString()));
        Assert.Equal((5, 24), (stream.GetProperty("kept").GetProperty("from").GetInt64(), stream.GetProperty("kept").GetProperty("to").GetInt64()));
        Assert.Equal(26, Assert.Single(stream.GetProperty("givenUp").EnumerateArray()).GetProperty("from").GetInt64());
        Assert.Equal(0, (await Walctl.RunAsync("verify", Target)).ExitCode);
    }

    [Fact]
    public async Task Salvage_does_without_a_manifest()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        File.Delete(Path.Combine(_directory.Path, "MANIFEST"));
        (int code, string output, _) = await Walctl.RunAsync("salvage", _directory.Path, Target);
        Assert.Equal(0, code);
        Assert.Contains("MANIFEST, offset 0: The manifest is missing.", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_is_open_is_not_salvaged()
    {
        await using LocalLogStore store = await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = _directory.Path }, TestContext.Current.CancellationToken);
        (int code, string output, string error) = await Walctl.RunAsync("salvage", _directory.Path, Target);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains("in use by process", error, StringComparison.Ordinal);
        Assert.False(Path.Exists(Target + ".partial"));
    }

    [Fact]
    public async Task A_salvage_that_fails_leaves_nothing_behind()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        (int code, _, string error) = await Walctl.RunAsync("salvage", _directory.Path, "/proc/new");
        Assert.Equal(2, code);
        Assert.Contains("/proc/new.partial", error, StringComparison.Ordinal);
        foreach (string segment in _directory.Segments)
            File.Delete(segment);
        File.Delete(Path.Combine(_directory.Path, "MANIFEST"));
        (code, _, error) = await Walctl.RunAsync("salvage", _directory.Path, Target);
        Assert.NotEqual(0, code);
        Assert.NotEqual("", error);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_targets.Path));
    }

    [Fact]
    public async Task A_target_that_is_not_empty_is_refused()
    {
        await FormatFixture.WriteAsync(_directory.Path);
        Directory.CreateDirectory(Path.Combine(Target, "photos"));
        (int code, string output, string error) = await Walctl.RunAsync("salvage", _directory.Path, Target);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains($"walctl: '{Target}' is there already and not empty.", error, StringComparison.Ordinal);
        (code, _, error) = await Walctl.RunAsync("salvage", _directory.Path, Path.Combine(_directory.Path, "new"));
        Assert.Equal(2, code);
        Assert.Contains("can't be within the one that is read", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("There is no store in '/nowhere'", "salvage", "/nowhere", "/tmp/nowhere-new")]
    [InlineData("Required argument missing", "salvage", "/nowhere")]
    public async Task Misuse_gets_a_line_and_exit_code_2(string message, params string[] arguments)
    {
        (int code, string output, string error) = await Walctl.RunAsync(arguments);
        Assert.Equal((2, ""), (code, output));
        Assert.Contains($"walctl: {message}", error, StringComparison.Ordinal);
    }

    /// <summary>A dump but for LSNs and epochs, which are new.</summary>
    private static IEnumerable<string> Lines(string dump) => dump.Trim().Split('\n').Select(l =>
    {
        JsonElement line = JsonDocument.Parse(l).RootElement;
        return string.Join(' ', line.EnumerateObject().Where(p => p.Name is not ("lsn" or "epoch")).Select(p => p.Value.GetRawText()));
    });

    private static void Destroy(string file, long offset)
    {
        using FileStream stream = File.Open(file, FileMode.Open);
        stream.Position = offset;
        int value = stream.ReadByte();
        stream.Position = offset;
        stream.WriteByte((byte)~value);
    }
}
