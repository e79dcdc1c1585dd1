namespace Actors.Bank;

/// <summary>The order of a statement's lines.</summary>
[GenerateSerializer]
[Alias("bank.StatementOrder")]
public enum StatementOrder
{
    /// <summary>From the last event back.</summary>
    NewestFirst,

    /// <summary>From the first event on.</summary>
    OldestFirst,
}

/// <summary>A request for lines of an account's history.</summary>
/// <param name="Order">The order of the lines.</param>
/// <param name="Count">The most lines of a page.</param>
/// <param name="AsOf">When the history ends; null for now.</param>
/// <param name="From">The first line's event; null to start at the newest or oldest, by the order.</param>
[GenerateSerializer, Immutable]
[Alias("bank.StatementRequest")]
public sealed record StatementRequest(
    [property: Id(0)] StatementOrder Order,
    [property: Id(1)] int Count,
    [property: Id(2)] AsOf? AsOf = null,
    [property: Id(3)] long? From = null);

/// <summary>A page of an account's history.</summary>
/// <param name="Version">The last event of the history at that point; 0 for none.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Lines">The lines, in the order asked for.</param>
/// <param name="Next">The request for the next page of the same history, without events that came since; null at the end.</param>
[GenerateSerializer, Immutable]
[Alias("bank.StatementPage")]
public sealed record StatementPage(
    [property: Id(0)] long Version,
    [property: Id(1)] decimal Balance,
    [property: Id(2)] IReadOnlyList<StatementLine> Lines,
    [property: Id(3)] StatementRequest? Next);
