using Spectre.Console;

namespace Actors.ClientDemo.Doors;

/// <summary>Shows the doors' result as a table, and the money as a line below it.</summary>
internal static class DoorsTable
{
    public static void Show(DoorsResult result, IAnsiConsole console)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("door");
        foreach (string column in (string[])["acknowledged", "lost", "beyond", "mismatched"])
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (DoorResult door in result.Doors)
            table.AddRow(door.Door, TableText.Count(door.Acknowledged), TableText.Verdict(door.Lost), TableText.Count(door.Beyond), TableText.Verdict(door.Mismatched));
        console.Write(table);
        if (result.Money is not { } money)
            return;
        string color = money.IsConstant ? "green" : "red";
        console.MarkupLine($"Money in all wallets: {TableText.Count(money.Before)} before, [{color}]{TableText.Count(money.After)}[/] after.");
        console.MarkupLine($"Transactions aborted and made again: {TableText.Count(money.Repeated)}; overdrafts refused: {TableText.Count(money.Refused)}.");
    }
}
