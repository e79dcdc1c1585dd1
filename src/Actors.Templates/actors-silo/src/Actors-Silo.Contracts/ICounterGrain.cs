namespace Actors_Silo.Contracts;

/// <summary>A total that only grows.</summary>
[Alias("counter")]
public interface ICounterGrain : IGrainWithStringKey
{
    /// <summary>Adds an amount and returns the new total, which is durable then.</summary>
    /// <param name="amount">1 or more.</param>
    /// <exception cref="ArgumentOutOfRangeException">The amount is less than 1.</exception>
    [Alias("add")]
    Task<long> Add(int amount);

    /// <summary>Returns the total.</summary>
    [Alias("get")]
    Task<long> Get();
}
