using Actors.Wal.Conformance;
using Actors.Wal.Postgres.Tests.Servers;

namespace Actors.Wal.Postgres.Tests.Conformance;

// The rules of every store, on PostgreSQL.
public sealed class PostgresAppendTests(TestServer server) : AppendRules(new PostgresBackend(server));

public sealed class PostgresOwnershipTests(TestServer server) : OwnershipRules(new PostgresBackend(server));

public sealed class PostgresPayloadTests(TestServer server) : PayloadRules(new PostgresBackend(server));
