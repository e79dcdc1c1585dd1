namespace Actors.Wal.Streams;

/// <summary>
/// Presents a synchronous sequence as an asynchronous one. Local reads come from the page cache or block for one
/// device read; a change of threads per record would cost more than either.
/// </summary>
internal sealed class ReadySequence(Func<IEnumerable<LogRecord>> source, CancellationToken token) : IAsyncEnumerable<LogRecord>
{
    public IAsyncEnumerator<LogRecord> GetAsyncEnumerator(CancellationToken cancellationToken = default)
        => new Enumerator(source().GetEnumerator(), cancellationToken.CanBeCanceled ? cancellationToken : token);

    private sealed class Enumerator(IEnumerator<LogRecord> inner, CancellationToken cancellationToken) : IAsyncEnumerator<LogRecord>
    {
        public LogRecord Current => inner.Current;

        public ValueTask<bool> MoveNextAsync()
        {
            if (cancellationToken.IsCancellationRequested)
                return ValueTask.FromCanceled<bool>(cancellationToken);
            try
            {
                return new ValueTask<bool>(inner.MoveNext());
            }
            catch (Exception e)
            {
                return ValueTask.FromException<bool>(e);
            }
        }

        public ValueTask DisposeAsync()
        {
            inner.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
