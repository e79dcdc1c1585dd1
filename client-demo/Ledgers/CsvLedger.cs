using System.Globalization;
using Actors.Bank;

namespace Actors.ClientDemo.Ledgers;

/// <summary>Reads a whole ledger from a CSV file, before any of it is run.</summary>
internal static class CsvLedger
{
    private static readonly string[] Columns = ["transaction_id", "account_id", "date", "kind", "operation", "amount", "balance"];

    /// <exception cref="DemoException">The file can't be read, or a row is malformed; the message names file, line and column.</exception>
    public static Ledger Read(FileInfo file, long firstAccount)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(file.FullName);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DemoException($"The ledger '{file}' can't be read: {e.Message}");
        }

        if (lines.Length == 0 || !lines[0].Split(',').SequenceEqual(Columns))
            throw new DemoException($"{file}, line 1: the header must be {string.Join(',', Columns)}.");
        if (lines.Length == 1)
            throw new DemoException($"{file}: there is no transaction in it.");

        var steps = new List<LedgerStep>(lines.Length - 1);
        var transactions = new HashSet<long>();
        var balances = new Dictionary<long, decimal>();
        for (int i = 1; i < lines.Length; i++)
        {
            var row = new Row(file, i + 1, lines[i].Split(','));
            LedgerStep step = StepOf(row, firstAccount);
            if (!transactions.Add(step.Transaction))
                throw row.Error(0, "is there twice");
            CheckBalance(row, step, balances);
            steps.Add(step);
        }

        return new Ledger(steps);
    }

    private static LedgerStep StepOf(Row row, long firstAccount)
    {
        if (row.Fields.Length != Columns.Length)
            throw new DemoException($"{row.File}, line {row.Line}: {row.Fields.Length} columns; there must be {Columns.Length}.");
        long transaction = row.Whole(0);
        long account = row.Whole(1);
        if (!DateOnly.TryParseExact(row.Fields[2], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date))
            throw row.Error(2, "is no date like 1993-01-31");
        decimal sign = row.Fields[3] switch
        {
            "credit" => 1,
            "debit" => -1,
            _ => throw row.Error(3, "is neither credit nor debit"),
        };
        if (row.Fields[4].Length == 0)
            throw row.Error(4, "is empty");
        decimal amount = row.Money(5);
        if (amount <= 0)
            throw row.Error(5, "is not positive");
        decimal balance = row.Money(6);
        return new LedgerStep
        {
            Transaction = transaction,
            Account = firstAccount + account,
            Kind = StepKind.Entry,
            Amount = sign * amount,
            Entry = new LedgerEntry(transaction, date, row.Fields[4], sign * amount, balance),
        };
    }

    private static void CheckBalance(Row row, LedgerStep step, Dictionary<long, decimal> balances)
    {
        decimal before = balances.GetValueOrDefault(step.Account);
        decimal stated = step.Entry!.StatedBalance;
        if (Math.Abs(before + step.Amount - stated) > LedgerEntry.RoundingLimit)
            throw row.Error(6, $"does not follow from the balance before, {before.ToString(CultureInfo.InvariantCulture)}, and the amount");
        balances[step.Account] = stated;
    }

    private sealed record Row(FileInfo File, int Line, string[] Fields)
    {
        public long Whole(int column)
            => long.TryParse(Fields[column], NumberStyles.None, CultureInfo.InvariantCulture, out long number) && number > 0
                ? number
                : throw Error(column, "is no positive whole number");

        public decimal Money(int column)
            => decimal.TryParse(Fields[column], NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal money)
                ? money
                : throw Error(column, "is no amount like 1234.50");

        public DemoException Error(int column, string what)
            => new($"{File}, line {Line}, column {column + 1} ({Columns[column]}): '{Fields[column]}' {what}.");
    }
}
