using System.Globalization;
using System.Text;
using Actors.Wal;

namespace Actors.Testing;

/// <summary>The Berka ledger as streams of a store without grains: one stream per account, one event per ledger line.</summary>
public static class BerkaStreams
{
    /// <summary>A line of the ledger.</summary>
    /// <param name="Stream">The account's stream.</param>
    /// <param name="Line">The line as the bank published it.</param>
    public sealed record Row(LogStreamId Stream, string Line)
    {
        /// <summary>The balance after this line, as the bank published it.</summary>
        public string Balance => Line.Split(',')[6];
    }

    /// <summary>The lines in the ledger's order.</summary>
    public static IReadOnlyList<Row> Read()
        => [.. File.ReadLines(Berka.File.FullName).Skip(1).Select(l => new Row(new LogStreamId("account/" + l.Split(',')[1]), l))];

    /// <summary>Returns the balance of each account after these lines.</summary>
    public static Dictionary<string, string> Balances(IEnumerable<Row> rows)
    {
        var balances = new Dictionary<string, string>();
        foreach (Row row in rows)
            balances[row.Stream.Value] = row.Balance;
        return balances;
    }

    /// <summary>Returns the balance after each stream's last event. Throws unless the events of every account equal the ledger's lines.</summary>
    public static async Task<Dictionary<string, string>> BalancesAsync(ILogStore store, IReadOnlyList<Row> rows)
    {
        var lines = rows.GroupBy(r => r.Stream.Value).ToDictionary(g => g.Key, g => g.Select(r => r.Line).ToList());
        var balances = new Dictionary<string, string>();
        await foreach (StreamInfo info in store.ListAsync("account/"))
        {
            await using ILogStream stream = await store.OpenAsync(info.Id);
            string? last = null;
            await foreach (LogRecord record in stream.ReadAsync(new Sequence(1), new Sequence(long.MaxValue)))
            {
                string line = Encoding.UTF8.GetString(record.Payload.Span);
                string published = lines[info.Id.Value][(int)record.Sequence.Value - 1];
                if (line != published)
                    throw new InvalidOperationException(string.Create(CultureInfo.InvariantCulture, $"Event {record.Sequence} of '{info.Id}' is '{line}'; the bank published '{published}'."));
                last = line;
            }

            balances[info.Id.Value] = last!.Split(',')[6];
        }

        return balances;
    }
}
