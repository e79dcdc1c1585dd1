using Actors.Orleans.GrainClasses;
using Actors.Orleans.Hosting;
using Orleans.Concurrency;
using Orleans.EventSourcing;
using Orleans.Transactions.Abstractions;

#pragma warning disable CS9113 // The parameters are all that is looked at.

namespace Actors.Orleans.Tests.GrainClasses;

/// <summary>Grain classes whose streams would be one, or be taken from each other, are refused when the silo starts.</summary>
public sealed class DeclaredStreamsTests
{
    private readonly DeclaredStreams _streams = new([new StorageInLog("wal", "wal"), new StorageInLog("alias", "wal"), new StorageInLog("other", "other")]);

    [Theory]
    [InlineData(typeof(TwoLogs), "the grain log 'a' of parameter 'first' and the grain log 'a' of parameter 'second' are one stream, 'a' in log 'wal'")]
    [InlineData(typeof(LogAndState), "the grain log 'a' of parameter 'log' and the persistent state 'a' of parameter 'state'")]
    [InlineData(typeof(LogAndTransactionalState), "'a.transactional' in log 'wal'")]
    [InlineData(typeof(JournaledAndState), "the events of the journaled grain")]
    [InlineData(typeof(Worker), "is a stateless worker, and its activations would take the grain log 'a'")]
    public void A_class_whose_streams_collide_is_refused(Type grain, string problem)
        => Assert.Contains(problem, Assert.Single(_streams.ProblemsOf(grain)), StringComparison.Ordinal);

    [Theory]
    [InlineData(typeof(DifferentNames))]
    [InlineData(typeof(DifferentLogs))]
    [InlineData(typeof(StateElsewhere))]
    [InlineData(typeof(EitherConstructor))]
    public void A_class_whose_streams_differ_is_fine(Type grain) => Assert.Empty(_streams.ProblemsOf(grain));

    [Theory]
    [InlineData(typeof(DifferentNames), true)]
    [InlineData(typeof(Named), false)]
    [InlineData(typeof(Journal), false)]
    public void A_class_with_a_stream_and_no_grain_type_is_warned_of(Type grain, bool expected) => Assert.Equal(expected, _streams.IsNamedByClass(grain));

    [GrainType("named")]
    private sealed class Named([GrainLog("a")] object log);

    private sealed class TwoLogs([GrainLog("a")] object first, [GrainLog("a")] object second);

    private sealed class LogAndState([GrainLog("a")] object log, [PersistentState("a", "alias")] object state);

    private sealed class LogAndTransactionalState([GrainLog("a.transactional")] object log, [TransactionalState("a", "wal")] object state);

    [Reentrant]
    private abstract class JournaledAndState([PersistentState("journaled", "other")] object state) : JournaledGrain<Journal, object>;

    private sealed class Journal;

    [StatelessWorker]
    private sealed class Worker([GrainLog("a")] object log);

    private sealed class DifferentNames([GrainLog("a")] object log, [PersistentState("b", "wal")] object state);

    private sealed class DifferentLogs([GrainLog("a")] object log, [GrainLog("a", ProviderName = "other")] object other);

    private sealed class StateElsewhere([GrainLog("a")] object log, [PersistentState("a", "blobs")] object state);

    private sealed class EitherConstructor
    {
        public EitherConstructor([GrainLog("a")] object log) => _ = log;

        public EitherConstructor([GrainLog("a")] object log, int other) => _ = (log, other);
    }
}
