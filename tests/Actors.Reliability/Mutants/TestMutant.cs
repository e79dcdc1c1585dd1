namespace Actors.Reliability.Mutants;

/// <summary>A bug to be planted, and the tests that are to catch it.</summary>
/// <param name="Name">What the program does wrong.</param>
/// <param name="Project">The test project.</param>
/// <param name="TestClass">The class of tests, without the project's namespace.</param>
/// <param name="Edits">How it gets into the sources.</param>
internal sealed record TestMutant(string Name, string Project, string TestClass, IReadOnlyList<Edit> Edits)
{
    public static IReadOnlyList<TestMutant> All { get; } =
    [
        new(
            "decides from frame headers that don't validate",
            "Actors.Wal.Tests",
            "Streams.FrameDamageTests",
            [
                new("src/Actors.Wal/Reading/FrameReader.cs", "isValid = FrameHeader.IsHeaderSealed(bytes.Span, storeSeed, location) ?", "isValid = Actors.Wal.Planted.Is(\"decides from frame headers that don't validate\") || FrameHeader.IsHeaderSealed(bytes.Span, storeSeed, location) ?")
            ]),
        new(
            "follows on when it is cancelled",
            "Actors.Wal.Tests",
            "Conformance.LocalFeedTests",
            [
                new("src/Actors.Wal/Feeds/ChangeFeed.cs", "                cancellationToken.ThrowIfCancellationRequested();\n                if (closed", "                if (!Actors.Wal.Planted.Is(\"follows on when it is cancelled\"))\n                    cancellationToken.ThrowIfCancellationRequested();\n                if (closed")
            ]),
        new(
            "encodes from memory of the caller's that may be gone",
            "Actors.Wal.Tests",
            "Conformance.LocalCallerTests",
            [
                new("src/Actors.Wal/CallerData.cs", "=> MemoryMarshal.TryGetArray(data.Payload, out _) ?", "=> Actors.Wal.Planted.Is(\"encodes from memory of the caller's that may be gone\") || MemoryMarshal.TryGetArray(data.Payload, out _) ?")
            ]),
        new(
            "keeps every segment open",
            "Actors.Wal.Tests",
            "Storage.OpenFilesTests",
            [
                new("src/Actors.Wal/Segments/OpenSegmentFiles.cs", "_open.Count >= most &&", "!Actors.Wal.Planted.Is(\"keeps every segment open\") && _open.Count >= most &&")
            ]),
        new(
            "leaves footers for when no segment is wanted",
            "Actors.Wal.Tests",
            "Commit.SegmentFillTests",
            [
                new("src/Actors.Wal/Segments/SegmentSupply.cs", "            WriteFooters();\n            if (!NeedsMore)", "            if (!Actors.Wal.Planted.Is(\"leaves footers for when no segment is wanted\") || !NeedsMore)\n                WriteFooters();\n            if (!NeedsMore)")
            ]),
        new(
            "ends compaction at a damaged segment",
            "Actors.Wal.Tests",
            "Compaction.CompactionTests",
            [
                new("src/Actors.Wal/Compaction/LiveShares.cs", "is { } damaged && _damaged.Add(damaged);", "is { } damaged && !Actors.Wal.Planted.Is(\"ends compaction at a damaged segment\") && _damaged.Add(damaged);")
            ]),
        new(
            "never gives a waiting append up",
            "Actors.Wal.Tests",
            "Commit.WaitingAppendTests",
            [
                new("src/Actors.Wal/Commit/AppendQueue.cs", "if (waiting is not null && cancellationToken.CanBeCanceled)", "if (waiting is not null && !Actors.Wal.Planted.Is(\"never gives a waiting append up\") && cancellationToken.CanBeCanceled)")
            ]),
        new(
            "takes a checkpoint at a negative sequence",
            "Actors.Wal.Tests",
            "Conformance.LocalCheckpointTests",
            [
                new("src/Actors.Wal/Refusals.cs", "if (at < Sequence.Zero)", "if (at < Sequence.Zero && !Actors.Wal.Planted.Is(\"takes a checkpoint at a negative sequence\"))")
            ]),
        new(
            "follows a clock that jumps by years",
            "Actors.Wal.Tests",
            "Recovery.StoreClockTests",
            [
                new("src/Actors.Wal/Clocks/StoreClock.cs", "given = now < _limit ?", "given = Actors.Wal.Planted.Is(\"follows a clock that jumps by years\") || now < _limit ?")
            ]),
        new(
            "answers when it is closed",
            "Actors.Wal.Tests",
            "Conformance.LocalClosingTests",
            [
                new("src/Actors.Wal/Local/LocalLogStore.cs", "ObjectDisposedException.ThrowIf(IsClosed, this);", "ObjectDisposedException.ThrowIf(IsClosed && !Actors.Wal.Planted.Is(\"answers when it is closed\"), this);")
            ]),
        new(
            "reads a store that is open as if it were closed",
            "Actors.Wal.Tests",
            "Storage.DirectoryLockTests",
            [
                new("src/Actors.Wal/Storage/DirectoryLock.cs", "return Native.TryLockShared(handle, path) ?", "return Actors.Wal.Planted.Is(\"reads a store that is open as if it were closed\") || Native.TryLockShared(handle, path) ?")
            ]),
        new(
            "puts an old state under a new version",
            "Actors.Orleans.Tests",
            "GrainLogs.ScheduleTests",
            [
                new("src/Actors.Orleans/Events/Checkpoints.cs", "        while (!_running.IsCompleted)\n            await _running;\n", "        (ILogStream Log, TState State)? early = Actors.Wal.Planted.Is(\"puts an old state under a new version\") ? now() : null;\n        while (!_running.IsCompleted)\n            await _running;\n"), 
                new("src/Actors.Orleans/Events/Checkpoints.cs", "(ILogStream log, TState state) = now();", "(ILogStream log, TState state) = early ?? now();")
            ]),
        new(
            "applies events in the order of their acknowledgements",
            "Actors.Orleans.Tests",
            "GrainLogs.ScheduleTests",
            [
                new("src/Actors.Orleans/GrainLogs/GrainLog.cs", "if (!_order.IsNext(append.Ticket))", "if (!Actors.Wal.Planted.Is(\"applies events in the order of their acknowledgements\") && !_order.IsNext(append.Ticket))")
            ]),
        new(
            "takes a state that was migrated for the newest",
            "Actors.Orleans.Tests",
            "GrainLogs.GrainLogTests",
            [
                new("src/Actors.Orleans/Events/ReplayedState.cs", "if (opened.Head.Value != position.Version ||", "if (Actors.Wal.Planted.Is(\"takes a state that was migrated for the newest\"))\n            return true;\n        if (opened.Head.Value != position.Version ||")
            ]),
        new(
            "decodes dictionaries that can't be sent",
            "Actors.Orleans.Tests",
            "Codecs.ShapeTests",
            [
                new("src/Actors.Orleans/Codecs/MessagePackFormats.cs", ".WithHashCollisionResistant(false)", ".WithHashCollisionResistant(Actors.Wal.Planted.Is(\"decodes dictionaries that can't be sent\"))")
            ]),
        new(
            "says of a durable event that it was not written",
            "Actors.Orleans.Tests",
            "GrainLogs.GrainLogTests",
            [
                new("src/Actors.Orleans/GrainLogs/GrainLog.cs", "        if (_state.Fault is { } fault)\n            throw GrainLogApplyException.Behind(", "        if (_state.Fault is { } fault)\n            throw Actors.Wal.Planted.Is(\"says of a durable event that it was not written\") ? (Exception)new InvalidOperationException(\"Call again.\") : GrainLogApplyException.Behind(")
            ]),
        new(
            "lets a stateless worker have a log",
            "Actors.Orleans.Tests",
            "GrainClasses.DeclaredStreamsTests",
            [
                new("src/Actors.Orleans/GrainClasses/DeclaredStreams.cs", "if (grain.GetCustomAttribute<StatelessWorkerAttribute>() is not null &&", "if (!Actors.Wal.Planted.Is(\"lets a stateless worker have a log\") && grain.GetCustomAttribute<StatelessWorkerAttribute>() is not null &&")
            ]),
        new(
            "applies events that were changed on their way",
            "Actors.Orleans.Tests",
            "GrainLogs.ChangedEventTests",
            [
                new("src/Actors.Orleans/Codecs/PayloadCodec.cs", "if (!Immutability.Of(type) ||", "if (!Actors.Wal.Planted.Is(\"applies events that were changed on their way\") && !Immutability.Of(type) ||")
            ]),
        new(
            "compares checkpoints by their bytes",
            "Actors.Orleans.Tests",
            "ReplayChecks.ReplayCheckTests",
            [
                new("src/Actors.Orleans/Codecs/PayloadCodec.cs", "|| ValueEquality.Same(", "|| !Actors.Wal.Planted.Is(\"compares checkpoints by their bytes\") && ValueEquality.Same(")
            ]),
        new(
            "uses a checkpoint of another version",
            "Actors.Orleans.Tests",
            "GrainLogs.StateVersionTests",
            [
                new("src/Actors.Orleans/Codecs/CheckpointCodec.cs", "if (written == version)", "if (written == version || Actors.Wal.Planted.Is(\"uses a checkpoint of another version\"))")
            ]),
        new(
            "takes a renamed grain class for no problem",
            "Actors.Orleans.Tests",
            "ReplayChecks.ReplayCheckTests",
            [
                new("src/Actors.Orleans/Kinds/StreamKinds.cs", "if (!_types.Contains(kind.Type))\n            return true;", "if (!_types.Contains(kind.Type))\n            return !Actors.Wal.Planted.Is(\"takes a renamed grain class for no problem\");")
            ]),
        new(
            "can't read the history of a skipped event",
            "Actors.Orleans.Tests",
            "Quarantine.QuarantineTests",
            [
                new("src/Actors.Orleans/Events/EventReplay.cs", "            if (!(await StreamQuarantine.SkippedAsync(host.Store, stream)).Contains(record.Sequence))\n                throw;", "            if (Actors.Wal.Planted.Is(\"can't read the history of a skipped event\") || !(await StreamQuarantine.SkippedAsync(host.Store, stream)).Contains(record.Sequence))\n                throw;")
            ]),
        new(
            "lists a shard of jobs while it is being created",
            "Actors.Orleans.Tests",
            "Jobs.LocalDurableJobTests",
            [
                new("src/Actors.Orleans.Journaling/Journals/NewJournals.cs", "if (_waits.IsEmpty)\n            return;", "if (_waits.IsEmpty || Actors.Wal.Planted.Is(\"lists a shard of jobs while it is being created\"))\n            return;")
            ]),
        new(
            "takes any commit's row for its own",
            "Actors.Wal.Postgres.Tests",
            "Committing.RecognitionTests",
            [
                new("src/Actors.Wal.Postgres/Commit/AppendStatement.cs", "e.commit_id IS NOT DISTINCT FROM $1", "(e.commit_id IS NOT DISTINCT FROM $1 OR {Actors.Wal.Planted.Is(\"takes any commit's row for its own\")})")
            ]),
        new(
            "asks a server for its time only once",
            "Actors.Wal.Postgres.Tests",
            "Failures.ConnectionLimitTests",
            [
                new("src/Actors.Wal.Postgres/PostgresLogStore.cs", "=> ServerReads.DoAsync(_options, () => TimeOnceAsync(cancellationToken), cancellationToken);", "=> Actors.Wal.Planted.Is(\"asks a server for its time only once\") ? TimeOnceAsync(cancellationToken) : ServerReads.DoAsync(_options, () => TimeOnceAsync(cancellationToken), cancellationToken);")
            ]),
        new(
            "lets one silo take all connections of its server",
            "Actors.Wal.Postgres.Tests",
            "Servers.PostgresConnectionsTests",
            [
                new("src/Actors.Wal.Postgres/PostgresConnections.cs", "if (!given.Contains(\"Maximum Pool Size\"))", "if (!Actors.Wal.Planted.Is(\"lets one silo take all connections of its server\") && !given.Contains(\"Maximum Pool Size\"))")
            ]),
        new(
            "shares a schema with another service",
            "Actors.Wal.Postgres.Tests",
            "Schema.ServiceClaimTests",
            [
                new("src/Actors.Wal.Postgres/Schema/ServiceClaim.cs", "if (owner != service)", "if (owner != service && !Actors.Wal.Planted.Is(\"shares a schema with another service\"))")
            ]),
        new(
            "keeps its transaction numbers after a move",
            "Actors.Wal.Postgres.Tests",
            "Failures.MovedStoreTests",
            [
                new("src/Actors.Wal.Postgres/Schema/TransactionNumbers.cs", "        if (numbers.Fits)\n            return;", "        if (numbers.Fits || Actors.Wal.Planted.Is(\"keeps its transaction numbers after a move\"))\n            return;")
            ]),
        new(
            "deletes what a row has dropped that a failover lost",
            "Actors.Wal.Postgres.Tests",
            "Upkeep.TrimTests",
            [
                new("src/Actors.Wal.Postgres/Upkeep/Trimmer.cs", "THEN LEAST(d.before_seq, h.first_seq)", "THEN {(Actors.Wal.Planted.Is(\"deletes what a row has dropped that a failover lost\") ? \"d.before_seq\" : \"LEAST(d.before_seq, h.first_seq)\")}")
            ]),
        new(
            "keeps fences that nobody needs",
            "Actors.Wal.Postgres.Tests",
            "Upkeep.TrimTests",
            [
                new("src/Actors.Wal.Postgres/Commit/StreamBatch.cs", "if (stream.TakeFence() is { } fence)", "if (!Actors.Wal.Planted.Is(\"keeps fences that nobody needs\") && stream.TakeFence() is { } fence)")
            ]),
        new(
            "gives positions of the change feed again after a restore",
            "Actors.Wal.Postgres.Tests",
            "Failures.MovedStoreTests",
            [
                new("src/Actors.Wal.Postgres/Schema/TransactionNumbers.cs", "private const long Jump = 1L << 32;", "private static long Jump => Actors.Wal.Planted.Is(\"gives positions of the change feed again after a restore\") ? 1 : 1L << 32;")
            ]),
        new(
            "does not tell a follower what a restore took back",
            "Actors.Wal.Postgres.Tests",
            "Failures.MovedStoreTests",
            [
                new("src/Actors.Wal.Postgres/Reading/PostgresChangeFeed.cs", "is long last)", "is long last && !Actors.Wal.Planted.Is(\"does not tell a follower what a restore took back\"))")
            ]),
        new(
            "keeps the fences of cancelled openings",
            "Actors.Wal.Postgres.Tests",
            "Upkeep.TrimTests",
            [
                new("src/Actors.Wal.Postgres/PostgresLogStore.cs", "_ = opening.ContinueWith(o => Forget(o.Result),", "_ = opening.ContinueWith(o => { if (!Actors.Wal.Planted.Is(\"keeps the fences of cancelled openings\")) Forget(o.Result); },")
            ]),
        new(
            "keeps the fences of killed silos",
            "Actors.Wal.Postgres.Tests",
            "Upkeep.TrimTests",
            [
                new("src/Actors.Wal.Postgres/Upkeep/LeftFences.cs", "if (_noted is { } noted &&", "if (Actors.Wal.Planted.Is(\"keeps the fences of killed silos\"))\n            return;\n        if (_noted is { } noted &&")
            ]),
        new(
            "goes on with a migrated state behind another log of the same length",
            "Actors.Orleans.Tests",
            "GrainLogs.GrainLogTests",
            [
                new("src/Actors.Orleans/Events/ReplayedState.cs", "return last.Lsn.Value == position.LastLsn;", "return last.Lsn.Value == position.LastLsn || Actors.Wal.Planted.Is(\"goes on with a migrated state behind another log of the same length\");")
            ]),
    ];

    /// <summary>The test projects that have one.</summary>
    public static IReadOnlyList<string> Projects => [.. All.Select(m => m.Project).Distinct()];

    /// <summary>The class of tests, with its namespace.</summary>
    public string Tests => $"{Project}.{TestClass}";
}
