using Actors.Wal.Conformance;
using Actors.Wal.Postgres.Tests.Servers;

namespace Actors.Wal.Postgres.Tests.Conformance;

// The rules of every store, on PostgreSQL.
public sealed class PostgresAppendTests(TestServer server) : AppendRules(new PostgresBackend(server));

public sealed class PostgresOwnershipTests(TestServer server) : OwnershipRules(new PostgresBackend(server));

public sealed class PostgresReaderTests(TestServer server) : ReaderRules(new PostgresBackend(server));

public sealed class PostgresCallerTests(TestServer server) : CallerRules(new PostgresBackend(server));

public sealed class PostgresClosingTests(TestServer server) : ClosingRules(new PostgresBackend(server));

public sealed class PostgresPayloadTests(TestServer server) : PayloadRules(new PostgresBackend(server));

public sealed class PostgresCheckpointTests(TestServer server) : CheckpointRules(new PostgresBackend(server));

public sealed class PostgresHistoryTests(TestServer server) : HistoryRules(new PostgresBackend(server));

public sealed class PostgresTimeTests(TestServer server) : TimeRules(new PostgresBackend(server));

public sealed class PostgresTruncationTests(TestServer server) : TruncationRules(new PostgresBackend(server));

public sealed class PostgresRetentionTests(TestServer server) : RetentionRules(new PostgresBackend(server));

public sealed class PostgresDeletionTests(TestServer server) : DeletionRules(new PostgresBackend(server));

public sealed class PostgresAtomicTests(TestServer server) : AtomicRules(new PostgresBackend(server));

public sealed class PostgresListTests(TestServer server) : ListRules(new PostgresBackend(server));

public sealed class PostgresFeedTests(TestServer server) : FeedRules(new PostgresBackend(server));

public sealed class PostgresStatisticsTests(TestServer server) : StatisticsRules(new PostgresBackend(server));

public sealed class PostgresModelTests(TestServer server) : ModelRules(new PostgresBackend(server));

// The same where the events are divided into partitions.
public sealed class PartitionedAppendTests(TestServer server) : AppendRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedOwnershipTests(TestServer server) : OwnershipRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedReaderTests(TestServer server) : ReaderRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedCheckpointTests(TestServer server) : CheckpointRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedHistoryTests(TestServer server) : HistoryRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedTruncationTests(TestServer server) : TruncationRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedRetentionTests(TestServer server) : RetentionRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedDeletionTests(TestServer server) : DeletionRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedAtomicTests(TestServer server) : AtomicRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedListTests(TestServer server) : ListRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedFeedTests(TestServer server) : FeedRules(new PostgresBackend(server, partitions: 4));

public sealed class PartitionedModelTests(TestServer server) : ModelRules(new PostgresBackend(server, partitions: 4));
