using System.Globalization;

namespace Actors.Bank.Tests;

/// <summary>The real bank ledger as entries of accounts.</summary>
internal static class BerkaEntries
{
    /// <summary>Returns the entries of each account in the ledger's order.</summary>
    public static Dictionary<long, List<LedgerEntry>> Read()
        => ReadRows(Berka.File).GroupBy(r => r.Account).ToDictionary(g => g.Key, g => g.Select(r => r.Entry).ToList());

    private static IEnumerable<(long Account, LedgerEntry Entry)> ReadRows(FileInfo file)
    {
        foreach (string line in File.ReadLines(file.FullName).Skip(1))
        {
            string[] fields = line.Split(',');
            decimal amount = decimal.Parse(fields[5], CultureInfo.InvariantCulture);
            yield return (
                long.Parse(fields[1], CultureInfo.InvariantCulture),
                new LedgerEntry(
                    long.Parse(fields[0], CultureInfo.InvariantCulture),
                    DateOnly.Parse(fields[2], CultureInfo.InvariantCulture),
                    fields[4],
                    fields[3] == "credit" ? amount : -amount,
                    decimal.Parse(fields[6], CultureInfo.InvariantCulture)));
        }
    }
}
