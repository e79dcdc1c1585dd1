using Actors.Bank;

namespace Actors.ClientDemo.Statements;

/// <summary>The newest lines of an account's statement; the names are those of the JSON file.</summary>
internal sealed record AccountStatement
{
    /// <summary>The account's number in the ledger.</summary>
    public required long Account { get; init; }

    /// <summary>The date or time at which the statement ends; null for the end of the run.</summary>
    public string? AsOf { get; init; }

    /// <summary>The number of events that the account had then.</summary>
    public required long Version { get; init; }

    public required decimal Balance { get; init; }

    public required IReadOnlyList<StatementLine> Lines { get; init; }

    public static async Task<AccountStatement> ReadAsync(IAccountGrain account, StatementOptions wanted)
    {
        StatementPage page = await account.GetStatementPage(new StatementRequest(StatementOrder.NewestFirst, wanted.Lines, wanted.AsOf));
        return new AccountStatement
        {
            Account = wanted.Account,
            AsOf = AsOfText.Of(wanted.AsOf),
            Version = page.Version,
            Balance = page.Balance,
            Lines = page.Lines,
        };
    }
}
