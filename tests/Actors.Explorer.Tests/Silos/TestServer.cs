using Actors.Explorer.Tests.Silos;

[assembly: AssemblyFixture(typeof(TestServer))]

namespace Actors.Explorer.Tests.Silos;

/// <summary>The PostgreSQL server of all tests.</summary>
public sealed class TestServer : PostgresServer, IAsyncLifetime;
