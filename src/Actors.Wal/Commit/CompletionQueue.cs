namespace Actors.Wal.Commit;

/// <summary>
/// Hands the waiters of a commit to the thread pool as one work item. It passes grains' continuations to their schedulers, and
/// puts each other continuation on its thread's local queue. The commit thread queues only once, idle pool threads help, and a
/// continuation that blocks delays no other. A store without threads completes the waiters at once.
/// </summary>
/// <typeparam name="TRequest">The type of the requests.</typeparam>
internal sealed class CompletionQueue<TRequest>(bool onPool)
    where TRequest : AppendCompletion
{
    private readonly object _gate = new();
    private readonly Stack<CompletionBatch> _free = new();

    /// <summary>Completes the requests on the pool. The caller may change the list when this returns.</summary>
    public void Complete(List<TRequest> requests)
    {
        if (requests.Count == 0)
            return;
        if (!onPool)
        {
            foreach (TRequest request in requests)
                request.Execute();
            return;
        }

        if (requests.Count == 1)
        {
            ThreadPool.UnsafeQueueUserWorkItem(requests[0], preferLocal: false);
            return;
        }

        CompletionBatch batch = Rent();
        batch.Requests.AddRange(requests);
        ThreadPool.UnsafeQueueUserWorkItem(batch, preferLocal: false);
    }

    private CompletionBatch Rent()
    {
        lock (_gate)
            return _free.TryPop(out CompletionBatch? batch) ? batch : new CompletionBatch(this);
    }

    private void Return(CompletionBatch batch)
    {
        lock (_gate)
            _free.Push(batch);
    }

    private sealed class CompletionBatch(CompletionQueue<TRequest> owner) : IThreadPoolWorkItem
    {
        public List<TRequest> Requests { get; } = [];

        public void Execute()
        {
            foreach (TRequest request in Requests)
            {
                if (request.ContinuesElsewhere)
                    request.Execute();
                else
                    ThreadPool.UnsafeQueueUserWorkItem(request, preferLocal: true);
            }

            Requests.Clear();
            owner.Return(this);
        }
    }
}
