using Actors.Wal.Conformance;
using Actors.Wal.Postgres.Tests.Servers;

namespace Actors.Wal.Postgres.Tests.Conformance;

// The rules of every store, on PostgreSQL. Those about times need a clock of the test's own, and this store goes by the server's.
public sealed class PostgresAppendTests(TestServer server) : AppendRules(new PostgresBackend(server));

public sealed class PostgresOwnershipTests(TestServer server) : OwnershipRules(new PostgresBackend(server));

public sealed class PostgresPayloadTests(TestServer server) : PayloadRules(new PostgresBackend(server));

public sealed class PostgresCheckpointTests(TestServer server) : CheckpointRules(new PostgresBackend(server));

public sealed class PostgresHistoryTests(TestServer server) : HistoryRules(new PostgresBackend(server));

public sealed class PostgresTruncationTests(TestServer server) : TruncationRules(new PostgresBackend(server));

public sealed class PostgresRetentionTests(TestServer server) : RetentionRules(new PostgresBackend(server));

public sealed class PostgresDeletionTests(TestServer server) : DeletionRules(new PostgresBackend(server));

public sealed class PostgresAtomicTests(TestServer server) : AtomicRules(new PostgresBackend(server));

public sealed class PostgresListTests(TestServer server) : ListRules(new PostgresBackend(server));

public sealed class PostgresFeedTests(TestServer server) : FeedRules(new PostgresBackend(server));

public sealed class PostgresStatisticsTests(TestServer server) : StatisticsRules(new PostgresBackend(server));

public sealed class PostgresModelTests(TestServer server) : ModelRules(new PostgresBackend(server));
