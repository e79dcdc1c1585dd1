using Microsoft.Extensions.DependencyInjection;
using Orleans.Journaling;

namespace Actors.Orleans.Tests.Examples;

public interface IBasketGrain : IGrainWithStringKey
{
    Task<int> Put(string article, int count);
}

// <example>
[GrainType("basket")]
public sealed class BasketGrain(
    [FromKeyedServices("articles")] IDurableDictionary<string, int> articles,
    [FromKeyedServices("changes")] IDurableValue<int> changes) : DurableGrain, IBasketGrain
{
    public async Task<int> Put(string article, int count)
    {
        articles[article] = articles.TryGetValue(article, out int before) ? before + count : count;
        changes.Value++;
        await WriteStateAsync();   // both changes are one append, durable when this returns
        return articles[article];
    }
}
// </example>
