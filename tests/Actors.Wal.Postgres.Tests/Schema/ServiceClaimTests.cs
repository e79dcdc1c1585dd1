using Actors.Wal.Postgres.Tests.Servers;

namespace Actors.Wal.Postgres.Tests.Schema;

/// <summary>Two services with one schema: each would take the other's streams.</summary>
public sealed class ServiceClaimTests(TestServer server) : IAsyncLifetime
{
    private readonly TestSchemas _schemas = new(server);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _schemas.DisposeAsync();

    [Fact]
    public async Task A_store_belongs_to_the_first_service_that_opens_it()
    {
        PostgresLogStoreOptions options = _schemas.New();
        await OpenAsync(options, null);
        await OpenAsync(options, "bank");
        await OpenAsync(options, "bank");
        await OpenAsync(options, null);
        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => OpenAsync(options, "shop's"));
        Assert.Contains("belongs to service 'bank', and this is service 'shop's'", error.Message, StringComparison.Ordinal);

        // The way out that the message names.
        await _schemas.ExecuteAsync(error.Message[error.Message.IndexOf("UPDATE", StringComparison.Ordinal)..].TrimEnd('.'));
        await OpenAsync(options, "shop's");
        await Assert.ThrowsAsync<InvalidOperationException>(() => OpenAsync(options, "bank"));
    }

    [Fact]
    public async Task Only_one_of_several_services_can_claim_a_store()
    {
        PostgresLogStoreOptions options = _schemas.New();
        Task[] openings = [.. Enumerable.Range(0, 8).Select(i => OpenAsync(options, $"service {i % 4}"))];
        await Task.WhenAll(openings.Select(o => o.ContinueWith(_ => { }, TaskScheduler.Default)));
        Assert.Equal(2, openings.Count(o => o.IsCompletedSuccessfully));
        Assert.All(openings.Where(o => o.IsFaulted), o => Assert.IsType<InvalidOperationException>(o.Exception!.InnerException));
    }

    private static async Task OpenAsync(PostgresLogStoreOptions options, string? service)
        => await (await PostgresLogStore.OpenAsync(options with { Service = service })).DisposeAsync();
}
