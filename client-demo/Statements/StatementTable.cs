using System.Globalization;
using Actors.Bank;
using Spectre.Console;

namespace Actors.ClientDemo.Statements;

/// <summary>Shows a statement as a sentence and a table.</summary>
internal static class StatementTable
{
    public static void Show(AccountStatement statement, IAnsiConsole console)
    {
        string when = statement.AsOf is { } asOf ? $" as of {asOf}" : "";
        console.MarkupLineInterpolated($"Account {statement.Account}{when}: balance [bold]{Money(statement.Balance)}[/]; the newest {TableText.Count(statement.Lines.Count)} of {TableText.Count(statement.Version)} events.");
        bool hasDates = statement.Lines.Any(l => l.LedgerDate is not null);
        Table table = new Table()
            .Border(TableBorder.Rounded)
            .AddColumn(new TableColumn("event").RightAligned())
            .AddColumn(hasDates ? "ledger date" : "time (UTC)")
            .AddColumn("kind")
            .AddColumn(new TableColumn("amount").RightAligned())
            .AddColumn(new TableColumn("balance").RightAligned());
        foreach (StatementLine line in statement.Lines)
            table.AddRow(TableText.Count(line.Version), When(line), Markup.Escape(line.Operation ?? line.Kind), Money(line.Amount), Money(line.Balance));
        console.Write(table);
    }

    private static string When(StatementLine line)
        => line.LedgerDate?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)
            ?? line.Time.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    private static string Money(decimal amount) => amount.ToString("N2", CultureInfo.InvariantCulture);
}
