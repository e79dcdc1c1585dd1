using Actors.ClientDemo.Ledgers;
using Actors.ClientDemo.Running;
using Spectre.Console;

namespace Actors.ClientDemo.Checking;

/// <summary>Checks a ledger and prints the findings on the console.</summary>
internal static class ConsoleCheck
{
    public static async Task<CheckResult> CheckAsync(this IAnsiConsole console, Ledger ledger, BankClient client, Patience patience, CancellationToken cancellationToken)
    {
        CheckResult? result = null;
        await console.ProgressAsync("Reading every account back", ledger.Accounts.Count, async task =>
            result = await new LedgerCheck(ledger, patience).RunAsync(client, n => task.Increment(n), cancellationToken));
        foreach (string finding in result!.Findings)
            console.MarkupLineInterpolated($"[red]{finding}[/]");
        return result;
    }
}
