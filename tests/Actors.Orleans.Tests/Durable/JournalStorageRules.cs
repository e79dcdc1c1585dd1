using System.Buffers;
using System.Globalization;
using System.Text;
using Orleans.Journaling;

namespace Actors.Orleans.Tests.Durable;

/// <summary>What Orleans asks of journal storage, for every provider.</summary>
public abstract class JournalStorageRules
{
    [Fact]
    public async Task A_journal_that_was_never_written_reads_as_empty_and_complete()
    {
        await using IJournalHost host = await StartAsync();
        JournalReader reader = await JournalReader.ReadAsync(host.Storage("j"));
        Assert.Equal("", reader.Text);
        Assert.True(reader.IsCompleted);
        Assert.Null(reader.Metadata?.FormatKey);
        Assert.Null(await host.Storage("j").GetMetadataAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Appends_read_in_their_order()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        for (int i = 0; i < 50; i++)
            await AppendAsync(storage, $"{i};");
        Assert.Equal(string.Concat(Enumerable.Range(0, 50).Select(i => $"{i};")), (await JournalReader.ReadAsync(host.Storage("j"))).Text);
    }

    [Fact]
    public async Task A_replaced_journal_is_the_replacement_and_what_is_appended_after()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        await AppendAsync(storage, "old;");
        await ReplaceAsync(storage, "snapshot;");
        await AppendAsync(storage, "new;");
        Assert.Equal("snapshot;new;", (await JournalReader.ReadAsync(host.Storage("j"))).Text);
        await ReplaceAsync(await OpenAsync(host), "again;");
        Assert.Equal("again;", (await JournalReader.ReadAsync(host.Storage("j"))).Text);
    }

    [Fact]
    public async Task The_first_write_may_be_a_replacement()
    {
        await using IJournalHost host = await StartAsync();
        await ReplaceAsync(await OpenAsync(host), "snapshot;");
        JournalReader reader = await JournalReader.ReadAsync(host.Storage("j"));
        Assert.Equal("snapshot;", reader.Text);
        Assert.Equal("json", reader.Metadata?.FormatKey);
    }

    [Fact]
    public async Task A_deleted_journal_does_not_exist_and_can_be_written_again()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        await storage.DeleteAsync(TestContext.Current.CancellationToken);
        await AppendAsync(storage, "first;");
        await storage.DeleteAsync(TestContext.Current.CancellationToken);
        Assert.Null(await storage.GetMetadataAsync(TestContext.Current.CancellationToken));
        Assert.Equal("", (await JournalReader.ReadAsync(storage)).Text);
        await AppendAsync(storage, "second;");
        Assert.Equal("second;", (await JournalReader.ReadAsync(host.Storage("j"))).Text);
    }

    [Fact]
    public async Task A_journal_is_created_once_and_keeps_its_first_properties()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        Assert.True(await storage.CreateIfNotExistsAsync(new Dictionary<string, string> { ["owner"] = "a" }, TestContext.Current.CancellationToken));
        Assert.False(await storage.CreateIfNotExistsAsync(new Dictionary<string, string> { ["owner"] = "b" }, TestContext.Current.CancellationToken));
        await AppendAsync(storage, "x;");
        await ReplaceAsync(storage, "y;");
        IJournalMetadata? metadata = (await JournalReader.ReadAsync(host.Storage("j"))).Metadata;
        Assert.Equal("a", metadata!.Properties["owner"]);
        Assert.Equal("json", metadata.FormatKey);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Metadata_name_the_format_from_the_first_bytes_on(bool isCreatedFirst)
    {
        await using IJournalHost host = await StartAsync();
        if (isCreatedFirst)
            await host.Storage("j").CreateIfNotExistsAsync(new Dictionary<string, string> { ["a"] = "1" }, TestContext.Current.CancellationToken);
        IJournalStorage storage = await OpenAsync(host);
        await AppendAsync(storage, "x;");
        await AppendAsync(storage, "y;");
        IJournalMetadata metadata = (await storage.GetMetadataAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal("json", metadata.FormatKey);
        Assert.Equal("json", Assert.Single(await EntriesAsync(host, new JournalCatalogListOptions { IncludeMetadata = true })).Metadata?.FormatKey);
        Assert.Equal("json", (await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["b"] = "2" }, expectedETag: metadata.ETag, cancellationToken: TestContext.Current.CancellationToken))?.FormatKey);
        Assert.Equal(isCreatedFirst ? ["a", "b"] : ["b"], (await host.Storage("j").GetMetadataAsync(TestContext.Current.CancellationToken))!.Properties.Keys.Order());
    }

    [Fact]
    public async Task A_journal_that_was_written_is_not_created_again()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        await AppendAsync(storage, "x;");
        Assert.False(await storage.CreateIfNotExistsAsync(new Dictionary<string, string> { ["owner"] = "b" }, TestContext.Current.CancellationToken));
        Assert.Empty((await storage.GetMetadataAsync(TestContext.Current.CancellationToken))!.Properties);
    }

    [Fact]
    public async Task Properties_change_if_the_etag_is_the_current_one()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        Assert.Null(await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["a"] = "1" }, cancellationToken: TestContext.Current.CancellationToken));
        await AppendAsync(storage, "x;");
        IJournalMetadata first = (await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["a"] = "1", ["b"] = "2" }, cancellationToken: TestContext.Current.CancellationToken))!;
        Assert.Null(await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["a"] = "3" }, expectedETag: "another", cancellationToken: TestContext.Current.CancellationToken));
        IJournalMetadata second = (await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["a"] = "4" }, ["b"], first.ETag, TestContext.Current.CancellationToken))!;
        Assert.NotEqual(first.ETag, second.ETag);
        Assert.Equal(["a=4"], second.Properties.Select(p => $"{p.Key}={p.Value}"));
        IJournalMetadata unchanged = (await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["a"] = "4" }, cancellationToken: TestContext.Current.CancellationToken))!;
        Assert.Equal(second.ETag, unchanged.ETag);
        JournalReader reader = await JournalReader.ReadAsync(host.Storage("j"));
        Assert.Equal("x;", reader.Text);
        Assert.Equal(["a=4"], reader.Metadata!.Properties.Select(p => $"{p.Key}={p.Value}"));
    }

    [Fact]
    public async Task Properties_that_are_not_the_callers_are_refused()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        await AppendAsync(storage, "x;");
        await Assert.ThrowsAsync<ArgumentException>(async () => await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["$mine"] = "1" }));
        await Assert.ThrowsAsync<ArgumentException>(async () => await storage.UpdateMetadataAsync(remove: ["$mine"]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["a"] = "1" }, ["a"]));
    }

    [Fact]
    public async Task All_calls_of_one_read_name_one_format()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = await OpenAsync(host);
        await AppendAsync(storage, "x;");
        await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["a"] = "1" }, cancellationToken: TestContext.Current.CancellationToken);
        await AppendAsync(storage, "y;");
        JournalReader reader = await JournalReader.ReadAsync(host.Storage("j"));
        Assert.Equal(["json"], reader.Formats);
        Assert.Equal("x;y;", reader.Text);
    }

    [Fact]
    public async Task Journals_are_listed_by_prefix_and_by_inclusive_bounds()
    {
        await using IJournalHost host = await StartAsync();
        foreach (string id in new[] { "b", "a/2", "a/1", "ab", "gone" })
            await AppendAsync(host.Storage(id), "x;");
        await host.Storage("gone").DeleteAsync(TestContext.Current.CancellationToken);
        await host.Storage("created").CreateIfNotExistsAsync(cancellationToken: TestContext.Current.CancellationToken);
        await host.Storage("b").UpdateMetadataAsync(new Dictionary<string, string> { ["a"] = "1" }, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(["a/1", "a/2", "ab", "b", "created"], await ListAsync(host, null));
        // The prefix is raw: it may end within a segment.
        Assert.Equal(["a/1", "a/2", "ab"], await ListAsync(host, new JournalCatalogListOptions { Prefix = new JournalId("a") }));
        Assert.Equal(["a/1", "a/2"], await ListAsync(host, new JournalCatalogListOptions { Prefix = new JournalId("a/") }));
        Assert.Equal(["a/1"], await ListAsync(host, new JournalCatalogListOptions { Prefix = new JournalId("a/1") }));
        Assert.Equal(["a/2", "ab", "b"], await ListAsync(host, new JournalCatalogListOptions { MinId = new JournalId("a/2"), MaxId = new JournalId("b") }));
        Assert.Equal(["ab"], await ListAsync(host, new JournalCatalogListOptions { Prefix = new JournalId("a"), MinId = new JournalId("a/3") }));
        Assert.Empty(await ListAsync(host, new JournalCatalogListOptions { Prefix = new JournalId("a"), MinId = new JournalId("b") }));
    }

    [Fact]
    public async Task A_listing_gives_the_metadata_that_is_asked_for()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = host.Storage("j");
        await storage.CreateIfNotExistsAsync(new Dictionary<string, string> { ["a"] = "1" }, TestContext.Current.CancellationToken);
        await AppendAsync(storage, "x;");
        IJournalMetadata metadata = (await storage.GetMetadataAsync(TestContext.Current.CancellationToken))!;
        JournalCatalogEntry entry = Assert.Single(await EntriesAsync(host, new JournalCatalogListOptions { IncludeMetadata = true }));
        Assert.Equal((metadata.ETag, metadata.FormatKey, "1"), (entry.Metadata?.ETag, entry.Metadata?.FormatKey, entry.Metadata?.Properties["a"]));
        Assert.Null(Assert.Single(await EntriesAsync(host, null)).Metadata);
    }

    [Fact]
    public async Task A_look_at_the_metadata_or_a_change_of_it_leaves_the_owner_alone()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage owner = host.Storage("j");
        await owner.CreateIfNotExistsAsync(new Dictionary<string, string> { ["turn"] = "0" }, TestContext.Current.CancellationToken);
        await JournalReader.ReadAsync(owner);
        for (int i = 1; i <= 5; i++)
        {
            IJournalMetadata seen = (await host.Storage("j").GetMetadataAsync(TestContext.Current.CancellationToken))!;
            Assert.NotNull(await host.Storage("j").UpdateMetadataAsync(new Dictionary<string, string> { ["turn"] = $"{i}" }, expectedETag: seen.ETag, cancellationToken: TestContext.Current.CancellationToken));
            Assert.Null(await host.Storage("j").UpdateMetadataAsync(new Dictionary<string, string> { ["turn"] = "lost" }, expectedETag: seen.ETag, cancellationToken: TestContext.Current.CancellationToken));
            await EntriesAsync(host, new JournalCatalogListOptions { IncludeMetadata = true });
            if (i % 3 == 0)
                await ReplaceAsync(owner, "snapshot;");
            await AppendAsync(owner, $"{i};");
        }

        JournalReader reader = await JournalReader.ReadAsync(host.Storage("j"));
        Assert.Equal("snapshot;3;4;5;", reader.Text);
        Assert.Equal("5", reader.Metadata?.Properties["turn"]);
    }

    [Fact]
    public async Task Exactly_one_concurrent_metadata_update_wins_per_ETag()
    {
        await using IJournalHost host = await StartAsync();
        await host.Storage("j").CreateIfNotExistsAsync(new Dictionary<string, string> { ["count"] = "0" }, TestContext.Current.CancellationToken);
        int[] won = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(CountAsync)));
        Assert.Equal($"{won.Sum()}", (await host.Storage("j").GetMetadataAsync(TestContext.Current.CancellationToken))?.Properties["count"]);
        Assert.True(won.Sum() >= 20);

        async Task<int> CountAsync()
        {
            int wins = 0;
            for (int i = 0; i < 20; i++)
            {
                IJournalStorage storage = host.Storage("j");
                IJournalMetadata seen = (await storage.GetMetadataAsync(TestContext.Current.CancellationToken))!;
                var next = new Dictionary<string, string> { ["count"] = $"{int.Parse(seen.Properties["count"], CultureInfo.InvariantCulture) + 1}" };
                if (await storage.UpdateMetadataAsync(next, expectedETag: seen.ETag, cancellationToken: TestContext.Current.CancellationToken) is not null)
                    wins++;
            }

            return wins;
        }
    }

    [Fact]
    public async Task A_journal_that_is_created_again_has_nothing_of_the_earlier_one()
    {
        await using IJournalHost host = await StartAsync();
        IJournalStorage storage = host.Storage("j");
        await storage.CreateIfNotExistsAsync(new Dictionary<string, string> { ["a"] = "1" }, TestContext.Current.CancellationToken);
        IJournalMetadata first = (await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["b"] = "2" }, cancellationToken: TestContext.Current.CancellationToken))!;
        await storage.DeleteAsync(TestContext.Current.CancellationToken);
        Assert.Null(await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["b"] = "3" }, cancellationToken: TestContext.Current.CancellationToken));
        await AppendAsync(storage, "x;");
        IJournalMetadata second = (await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["c"] = "4" }, cancellationToken: TestContext.Current.CancellationToken))!;
        Assert.Equal(["c=4"], second.Properties.Select(p => $"{p.Key}={p.Value}"));
        Assert.Null(await storage.UpdateMetadataAsync(new Dictionary<string, string> { ["b"] = "5" }, expectedETag: first.ETag, cancellationToken: TestContext.Current.CancellationToken));
    }

    /// <summary>Two activations; the first one finds an empty journal and is forgotten.</summary>
    protected static async Task<(string Text, Exception? Error)> AppendFromAStaleActivationAsync(IJournalHost host)
    {
        IJournalStorage stale = await OpenAsync(host);
        IJournalStorage current = await OpenAsync(host);
        Exception? error = await Record.ExceptionAsync(async () => await AppendAsync(stale, "stale;"));
        await AppendAsync(current, "current;");
        return ((await JournalReader.ReadAsync(host.Storage("j"))).Text, error);
    }

    protected static async Task<IJournalStorage> OpenAsync(IJournalHost host)
    {
        IJournalStorage storage = host.Storage("j");
        await JournalReader.ReadAsync(storage);
        return storage;
    }

    protected static async Task AppendAsync(IJournalStorage storage, string text)
        => await storage.AppendAsync(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text)), TestContext.Current.CancellationToken);

    protected static async Task ReplaceAsync(IJournalStorage storage, string text)
        => await storage.ReplaceAsync(new ReadOnlySequence<byte>(Encoding.UTF8.GetBytes(text)), TestContext.Current.CancellationToken);

    protected abstract Task<IJournalHost> StartAsync();

    private static async Task<List<string>> ListAsync(IJournalHost host, JournalCatalogListOptions? options)
        => [.. (await EntriesAsync(host, options)).Select(e => e.Id.Value).Order(StringComparer.Ordinal)];

    private static async Task<List<JournalCatalogEntry>> EntriesAsync(IJournalHost host, JournalCatalogListOptions? options)
        => await host.Catalog.ListAsync(options, TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken);
}

/// <summary>A provider of journal storage that is under test.</summary>
public interface IJournalHost : IAsyncDisposable
{
    IJournalStorageCatalog Catalog { get; }

    /// <summary>A storage as a new activation gets it.</summary>
    IJournalStorage Storage(string id);
}
