namespace Actors.Reliability.Model;

/// <summary>Reads synchronously from a store without threads. A call that would have to wait is an error of the simulation.</summary>
internal static class Ready
{
    public static T Get<T>(ValueTask<T> task)
        => task.IsCompleted ? task.GetAwaiter().GetResult() : throw new InvalidOperationException("The simulated store waits for a step.");

    public static void Get(ValueTask task)
    {
        if (!task.IsCompleted)
            throw new InvalidOperationException("The simulated store waits for a step.");
        task.GetAwaiter().GetResult();
    }

    /// <summary>Enumerates items. A record's payload is valid only until the next item.</summary>
    public static IEnumerable<T> Each<T>(IAsyncEnumerable<T> source)
    {
        IAsyncEnumerator<T> enumerator = source.GetAsyncEnumerator();
        while (Get(enumerator.MoveNextAsync()))
            yield return enumerator.Current;
        Get(enumerator.DisposeAsync());
    }
}
