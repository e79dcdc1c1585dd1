using Actors.Wal.Postgres.Tests.Servers;
using Npgsql;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace Actors.Wal.Postgres.Tests.Servers;

/// <summary>The server of all cases.</summary>
public sealed class TestServer : PostgresServer, IAsyncLifetime
{
    public NpgsqlDataSource DataSource() => NpgsqlDataSource.Create(ConnectionString);
}
