namespace Actors.Reliability.Model;

/// <summary>Reads what a store without threads gives at once. What would have to wait is a mistake of the simulation.</summary>
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

    /// <summary>One item after the other: what a record points to is gone when the next one comes.</summary>
    public static IEnumerable<T> Each<T>(IAsyncEnumerable<T> source)
    {
        IAsyncEnumerator<T> enumerator = source.GetAsyncEnumerator();
        while (Get(enumerator.MoveNextAsync()))
            yield return enumerator.Current;
        Get(enumerator.DisposeAsync());
    }
}
