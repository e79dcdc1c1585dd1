using Actors.Wal.Conformance;

namespace Actors.Wal.Tests.Conformance;

// The rules of every store, on the local one.
public sealed class LocalAppendTests() : AppendRules(new LocalBackend());

public sealed class LocalOwnershipTests() : OwnershipRules(new LocalBackend());

public sealed class LocalReaderTests() : ReaderRules(new LocalBackend());

public sealed class LocalCallerTests() : CallerRules(new LocalBackend());

public sealed class LocalClosingTests() : ClosingRules(new LocalBackend());

public sealed class LocalPayloadTests() : PayloadRules(new LocalBackend());

public sealed class LocalCheckpointTests() : CheckpointRules(new LocalBackend());

public sealed class LocalHistoryTests() : HistoryRules(new LocalBackend());

public sealed class LocalTimeTests() : TimeRules(new LocalBackend())
{
    [Fact]
    public async Task Times_of_all_streams_never_decrease_though_the_clock_does()
        => Assert.Single((await TimesWhileTheClockGoesBackAsync("a", "b")).SelectMany(t => t).Distinct());
}

public sealed class LocalTruncationTests() : TruncationRules(new LocalBackend());

public sealed class LocalRetentionTests() : RetentionRules(new LocalBackend());

public sealed class LocalDeletionTests() : DeletionRules(new LocalBackend());

public sealed class LocalAtomicTests() : AtomicRules(new LocalBackend());

public sealed class LocalListTests() : ListRules(new LocalBackend());

public sealed class LocalFeedTests() : FeedRules(new LocalBackend());

public sealed class LocalStatisticsTests() : StatisticsRules(new LocalBackend());

public sealed class LocalModelTests() : ModelRules(new LocalBackend());
