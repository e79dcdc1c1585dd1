using System.Globalization;
using Actors.Bank;
using Actors.ClientDemo.Running;
using Actors.ClientDemo.Statements;

namespace Actors.ClientDemo.Tests;

/// <summary>The statement that the demo shows at its end.</summary>
public sealed class StatementTests
{
    private const string Ledger = """
        transaction_id,account_id,date,kind,operation,amount,balance
        1,7,1995-06-01,credit,cash-deposit,1000.00,1000.00
        2,8,1995-06-02,credit,cash-deposit,500.00,500.00
        3,7,1995-06-15,debit,cash-withdrawal,200.50,799.50
        4,7,1995-06-30,credit,interest,3.10,802.65
        5,8,1995-06-30,debit,transfer-out,100.00,400.00
        6,7,1995-07-01,debit,transfer-out,2.65,800.00
        7,7,1995-07-31,credit,interest,3.00,803.00
        """;

    [Fact]
    public async Task A_ledger_is_shown_as_of_its_own_date()
    {
        using var demo = new DemoProcess();
        (int exitCode, string output, string error) = await demo.RunAsync(
            "--ledger", demo.Write("ledger.csv", Ledger), "--statement", "7", "--as-of", "1995-06-30", "--page", "2", "--json", demo.Json);
        Assert.True(exitCode == 0, output + error);
        Assert.Contains("Account 7 as of 1995-06-30: balance 802.65; the newest 2 of 3 events.", output, StringComparison.Ordinal);
        Assert.Contains("│     3 │ 1995-06-30  │ interest        │    3.15 │  802.65 │", output, StringComparison.Ordinal);
        Assert.Contains("│     2 │ 1995-06-15  │ cash-withdrawal │ -200.50 │  799.50 │", output, StringComparison.Ordinal);
        Assert.DoesNotContain("1995-06-01", output, StringComparison.Ordinal);
        AccountStatement statement = demo.Result().Statement!;
        Assert.Equal((7L, "1995-06-30", 3L, 802.65m), (statement.Account, statement.AsOf, statement.Version, statement.Balance));
        Assert.Equal([4L, 3L], statement.Lines.Select(l => l.Transaction));
        Assert.Equal([new DateOnly(1995, 6, 30), new DateOnly(1995, 6, 15)], statement.Lines.Select(l => l.LedgerDate!.Value));
        Assert.Empty(demo.LeftBehind);
    }

    [Fact]
    public async Task No_statement_without_the_option()
    {
        using var demo = new DemoProcess();
        (int exitCode, string output, string error) = await demo.RunAsync("--ledger", demo.Write("ledger.csv", Ledger), "--json", demo.Json);
        Assert.True(exitCode == 0, output + error);
        Assert.DoesNotContain("Account", output, StringComparison.Ordinal);
        Assert.DoesNotContain("statement", await File.ReadAllTextAsync(demo.Json), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_account_that_is_not_in_the_ledger_is_refused_before_anything_is_run()
    {
        using var demo = new DemoProcess();
        (int exitCode, string output, string error) = await demo.RunAsync("--ledger", demo.Write("ledger.csv", Ledger), "--statement", "9");
        Assert.Equal((2, "", "client-demo: --statement: the ledger has no account 9."), (exitCode, output, error));
    }

    [Theory]
    [InlineData("--as-of 'yesterday' is neither a date like 1995-06-30 nor a time like 2026-01-31T12:00:00Z.", "--as-of", "yesterday")]
    [InlineData("--as-of '1995-02-29' is neither", "--as-of", "1995-02-29")]
    [InlineData("--as-of '2026-01-31T24:01Z' is neither", "--as-of", "2026-01-31T24:01Z")]
    [InlineData("--page '0' must be a whole number from 1 to 10000.", "--page", "0")]
    [InlineData("--page '10001' must be", "--page", "10001")]
    [InlineData("--page 'all' must be", "--page", "all")]
    public async Task A_bad_value_gets_one_line_and_exit_code_2(string message, string option, string value)
    {
        using var demo = new DemoProcess();
        (int exitCode, string output, string error) = await demo.RunAsync("--statement", "1", option, value);
        Assert.Equal((2, ""), (exitCode, output));
        Assert.StartsWith("client-demo: " + message, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Fact]
    public async Task A_running_silo_is_asked_by_the_ledgers_numbers_and_its_own_clock()
    {
        using var directory = new TestDirectory();
        await using var silo = new SiloProcess(directory.Path);
        await silo.StartAsync(TestContext.Current.CancellationToken);
        string gateway = string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{silo.Gateway.Port}");
        DateTimeOffset start = TimeProvider.System.GetUtcNow();
        (string[] AsOf, bool IsBefore)[] cases =
        [
            ([], false),
            (["--as-of", Day(start.AddDays(-1))], true),
            (["--as-of", Day(start.AddDays(1))], false),
            (["--as-of", start.ToString("O")], true),
        ];
        foreach ((string[] asOf, bool isBefore) in cases)
        {
            using var demo = new DemoProcess();
            (int exitCode, string output, string error) = await demo.RunAsync(
                ["--connect", gateway, "--events", "500", "--accounts", "5", "--statement", "0", "--json", demo.Json, .. asOf]);
            Assert.True(exitCode == 0, output + error);
            AccountStatement statement = demo.Result().Statement!;
            Assert.Equal(isBefore, statement.Version == 0);
            Assert.Equal(isBefore ? 0 : 20, statement.Lines.Count);
            Assert.Equal(statement.Balance, isBefore ? 0 : statement.Lines[0].Balance);
        }

        using var client = new DemoProcess();
        (int ledgerCode, string ledgerOutput, string ledgerError) = await client.RunAsync(
            "--connect", gateway, "--ledger", client.Write("ledger.csv", Ledger), "--statement", "8", "--as-of", "1995-06-29");
        Assert.True(ledgerCode == 0, ledgerOutput + ledgerError);
        Assert.Contains("Account 8 as of 1995-06-29: balance 500.00; the newest 1 of 1 events.", ledgerOutput, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("2026-01-31T12:00Z", "2026-01-31T12:00:00Z")]
    [InlineData("2026-01-31T12:00:00", "2026-01-31T12:00:00Z")]
    [InlineData("2026-01-31T12:00:00.25+02:00", "2026-01-31T10:00:00.25Z")]
    [InlineData("2026-01-31T12:00:00.1234567-01:30", "2026-01-31T13:30:00.123456Z")]
    [InlineData("2026-01-31", "2026-01-31T23:59:59.999999Z")]
    [InlineData("9999-12-31", "9999-12-31T23:59:59.999999Z")]
    public void A_time_is_parsed_and_made_UTC(string text, string expected)
        => Assert.Equal(expected, AsOfText.Of(AsOfText.Meaning(AsOfText.Parse(text), hasLedger: false)));

    [Fact]
    public void With_a_ledger_a_date_is_a_ledger_date()
    {
        Assert.Equal(new AsOfDate(new DateOnly(1995, 6, 30)), AsOfText.Meaning(AsOfText.Parse("1995-06-30"), hasLedger: true));
        Assert.Null(AsOfText.Meaning(null, hasLedger: false));
    }

    [Theory]
    [InlineData("")]
    [InlineData("1995-6-30")]
    [InlineData("30.06.1995")]
    [InlineData("1995-06-31")]
    [InlineData("1995-06-30 12:00")]
    [InlineData("1995-06-30T12")]
    [InlineData("0001-01-01T00:00+14:00")]
    public void A_malformed_date_or_time_is_not_parsed(string text) => Assert.Null(AsOfText.Parse(text));

    private static string Day(DateTimeOffset time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
}
