using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Actors.Explorer.Stores;
using Actors.Wal.Inspection;
using Actors.Wal.Recovery;

namespace Actors.Explorer.Sources;

/// <summary>Verifies the files of a store, beside its owner too.</summary>
internal static class FileVerification
{
    private const string Unit = "bytes";

    public static async IAsyncEnumerable<VerifyState> RunAsync(string directory, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // Only the last state is of interest: a reader who is slow skips some.
        Channel<VerifyState> states = Channel.CreateBounded<VerifyState>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
        Task<VerificationReport> running = Task.Run(
            () =>
            {
                try
                {
                    using PinnedStorage storage = PinnedStorage.Open(ReadOnlyLog.Storage(directory));
                    using var verification = new LogVerification(storage, StoreDirectory.Read(storage))
                    {
                        Progress = (done, total) => states.Writer.TryWrite(new VerifyState(done, total, Unit, [], IsDone: false)),
                    };
                    return verification.Run(cancellationToken);
                }
                finally
                {
                    states.Writer.Complete();
                }
            },
            cancellationToken);
        await foreach (VerifyState state in states.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
            yield return state;
        VerificationReport report = await running.ConfigureAwait(false);
        yield return new VerifyState(
            report.Bytes,
            report.Bytes,
            Unit,
            [.. report.Problems.Select(p => new VerifyProblem($"{p.File}, offset {p.OffsetBytes}", p.What))],
            IsDone: true,
            $"{report.Segments:N0} segments, {report.Batches:N0} batches, {report.Frames:N0} frames up to LSN {report.LastLsn.Value:N0}: {(report.Problems.Count == 0 ? "everything is as it was written." : $"{report.Problems.Count:N0} problems.")}");
    }
}
