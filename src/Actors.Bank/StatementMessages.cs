namespace Actors.Bank;

/// <summary>Which way a statement is read.</summary>
[GenerateSerializer]
[Alias("bank.StatementOrder")]
public enum StatementOrder
{
    /// <summary>From the last event back.</summary>
    NewestFirst,

    /// <summary>From the first event on.</summary>
    OldestFirst,
}

/// <summary>Which lines of an account's history are wanted.</summary>
/// <param name="Order">Which way they are read.</param>
/// <param name="Count">Most lines of a page.</param>
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
/// <param name="Version">The last event that the history has as of then; 0 for none.</param>
/// <param name="Balance">The balance after it.</param>
/// <param name="Lines">The lines, in the order asked for.</param>
/// <param name="Next">Gives the page that follows, of the same history whatever has happened since; null at its end.</param>
[GenerateSerializer, Immutable]
[Alias("bank.StatementPage")]
public sealed record StatementPage(
    [property: Id(0)] long Version,
    [property: Id(1)] decimal Balance,
    [property: Id(2)] IReadOnlyList<StatementLine> Lines,
    [property: Id(3)] StatementRequest? Next);
