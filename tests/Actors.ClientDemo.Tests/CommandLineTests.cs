using System.Globalization;
using System.Net;
using Actors.ClientDemo.Running;

namespace Actors.ClientDemo.Tests;

public sealed class CommandLineTests
{
    private const string Header = "transaction_id,account_id,date,kind,operation,amount,balance\n";

    [Theory]
    [InlineData("--accounts '1' must be a whole number from 2 to 1000000.", "--accounts", "1")]
    [InlineData("--events 'many' must be a whole number", "--events", "many")]
    [InlineData("--callers '0' must be", "--callers", "0")]
    [InlineData("--seed '-1' must be", "--seed", "-1")]
    [InlineData("--kills '0' must be a whole number from 1 to 1000.", "--kills", "0")]
    [InlineData("--kill-command ended with 3", "--kill-command", "exit 3")]
    [InlineData("--connect 'nowhere' is not HOST:PORT.", "--connect", "nowhere")]
    [InlineData("--connect-seconds needs --connect.", "--connect-seconds", "5")]
    [InlineData("--connect-seconds '0' must be a whole number from 1 to 3600.", "--connect", "127.0.0.1:1", "--connect-seconds", "0")]
    [InlineData("No silo answered as a gateway at 127.0.0.1:1 within 1 s. Check that a silo runs there", "--connect", "127.0.0.1:1", "--connect-seconds", "1")]
    [InlineData("--directory '/' is not empty", "--directory", "/")]
    [InlineData("can't be read", "--ledger", "/does/not/exist.csv")]
    [InlineData("--json: there is no directory", "--json", "/does/not/exist.json")]
    [InlineData("--statement 'x' is no account's number.", "--statement", "x")]
    [InlineData("--statement '-1' is no account's number.", "--statement", "-1")]
    [InlineData("--statement: the ledger has no account 1000.", "--statement", "1000")]
    [InlineData("--as-of needs --statement.", "--as-of", "1995-06-30")]
    [InlineData("--page needs --statement.", "--page", "5")]
    [InlineData("--bogus", "--bogus", "1")]
    [InlineData("--door 'window' must be one of grain-log, journaled, durable, storage, transactions, jobs, reminders, streams.", "doors", "--door", "window")]
    [InlineData("--seconds '0' must be a whole number from 1 to 86400.", "doors", "--seconds", "0")]
    [InlineData("--callers 'few' must be", "doors", "--callers", "few")]
    [InlineData("--kills '0' must be", "doors", "--kills", "0")]
    [InlineData("--seed '-1' must be", "doors", "--seed", "-1")]
    [InlineData("--directory '/' is not empty", "doors", "--directory", "/")]
    [InlineData("--json: there is no directory", "doors", "--json", "/does/not/exist.json")]
    [InlineData("--events", "doors", "--events", "5")]
    [InlineData("--connect 'b' is not HOST:PORT.", "--connect", "a:1,b")]
    [InlineData("--chaos needs --postgres", "--chaos")]
    [InlineData("--postgres needs --chaos.", "--postgres", "Host=127.0.0.1")]
    [InlineData("--silos needs --chaos.", "--silos", "2")]
    [InlineData("--kills can't be used with --chaos.", "--chaos", "--postgres", "Host=127.0.0.1", "--kills", "2")]
    [InlineData("--faults 'fire' must be none, or of kill, pause, restart.", "--chaos", "--postgres", "Host=127.0.0.1", "--faults", "fire")]
    [InlineData("--silo-hosts '127.0.0.1' must be an IP address for each of the 3 silos.", "--chaos", "--postgres", "Host=127.0.0.1", "--silo-hosts", "127.0.0.1")]
    [InlineData("--postgres: ", "--chaos", "--postgres", "Host=127.0.0.1;Port=1")]
    [InlineData("--postgres: ", "--chaos", "--postgres", "nonsense")]
    public async Task A_bad_value_gets_one_line_and_exit_code_2(string message, params string[] arguments)
    {
        using var demo = new DemoProcess();
        (int exitCode, _, string error) = await demo.RunAsync(arguments);
        Assert.Equal(2, exitCode);
        Assert.StartsWith("client-demo: ", error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }

    [Theory]
    [InlineData("1,2,1993-01-01,credit,cash-deposit,100.00\n", "line 2: 6 columns; there must be 7.")]
    [InlineData("x,2,1993-01-01,credit,cash-deposit,100.00,100.00\n", "line 2, column 1 (transaction_id): 'x'")]
    [InlineData("1,-2,1993-01-01,credit,cash-deposit,100.00,100.00\n", "line 2, column 2 (account_id): '-2'")]
    [InlineData("1,2,01.01.1993,credit,cash-deposit,100.00,100.00\n", "line 2, column 3 (date): '01.01.1993'")]
    [InlineData("1,2,1993-01-01,gift,cash-deposit,100.00,100.00\n", "line 2, column 4 (kind): 'gift'")]
    [InlineData("1,2,1993-01-01,credit,,100.00,100.00\n", "line 2, column 5 (operation): ''")]
    [InlineData("1,2,1993-01-01,credit,cash-deposit,0,100.00\n", "line 2, column 6 (amount): '0'")]
    [InlineData("1,2,1993-01-01,credit,cash-deposit,100.00,200.00\n", "line 2, column 7 (balance): '200.00'")]
    [InlineData("1,2,1993-01-01,credit,cash-deposit,100.00,100.00\n1,2,1993-01-02,credit,cash-deposit,1.00,101.00\n", "line 3, column 1 (transaction_id): '1' is there twice")]
    [InlineData("", "there is no transaction in it")]
    public async Task A_malformed_row_names_file_line_and_column(string rows, string message)
    {
        using var demo = new DemoProcess();
        string ledger = demo.Write("ledger.csv", Header + rows);
        (int exitCode, string output, string error) = await demo.RunAsync("--ledger", ledger);
        Assert.Equal(2, exitCode);
        Assert.Contains(ledger, error, StringComparison.Ordinal);
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.DoesNotContain("Silo process", output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_with_another_header_is_refused()
    {
        using var demo = new DemoProcess();
        (int exitCode, _, string error) = await demo.RunAsync("--ledger", demo.Write("ledger.csv", "a,b\n1,2\n"));
        Assert.Equal(2, exitCode);
        Assert.Contains("line 1: the header must be transaction_id,account_id", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Ledger:", "--events", "5000000")]
    [InlineData("Silo process started", "--events", "5000000")]
    [InlineData("Doors:", "doors")]
    [InlineData("Silo process started", "doors")]
    public async Task An_interrupted_demo_leaves_nothing_behind(string afterLine, params string[] arguments)
    {
        using var demo = new DemoProcess();
        (int exitCode, _, string error) = await demo.InterruptAsync(afterLine, arguments);
        Assert.Equal(130, exitCode);
        Assert.Contains("stopped", error, StringComparison.Ordinal);
        Assert.Empty(demo.LeftBehind);
    }

    [Fact]
    public async Task A_directory_of_the_callers_is_kept_and_a_running_silo_can_be_used()
    {
        using var directory = new TestDirectory();
        string logs = Path.Combine(directory.Path, "logs");
        using (var demo = new DemoProcess())
        {
            (int exitCode, string output, string error) = await demo.RunAsync("--events", "2000", "--accounts", "20", "--directory", logs);
            Assert.True(exitCode == 0, output + error);
        }

        Assert.True(File.Exists(Path.Combine(logs, "MANIFEST")));
        await using var silo = new SiloProcess(logs);
        await silo.StartAsync(TestContext.Current.CancellationToken);
        IPEndPoint gateway = silo.Gateway;
        using var client = new DemoProcess();
        (int connectedCode, string connectedOutput, string connectedError) = await client.RunAsync(
            "--connect", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{gateway.Port}"), "--events", "2000", "--accounts", "20", "--json", client.Json);
        Assert.True(connectedCode == 0, connectedOutput + connectedError);
        Assert.Equal(0, client.Result().Kills);
        Assert.True(client.Result().Acknowledged >= 2000);
    }
    /// <summary>Orleans takes an answer from another port than the one that it asked for another silo's.</summary>
    [Fact]
    public async Task A_gateway_that_is_published_under_another_port_ends_the_demo_in_time()
    {
        using var directory = new TestDirectory();
        using var silo = new SiloProgram($"--Orleans:GrainStorage:wal:Directory={directory.Path}");
        Assert.Equal("Healthy", await silo.ReadyAsync());
        await using var published = new CuttingProxy(silo.Gateway.Port);
        using var demo = new DemoProcess();
        (int exitCode, _, string error) = await demo.RunAsync("--connect", $"127.0.0.1:{published.Port}", "--connect-seconds", "3");
        Assert.Equal(2, exitCode);
        Assert.StartsWith($"client-demo: No silo answered as a gateway at 127.0.0.1:{published.Port} within 3 s.", error, StringComparison.Ordinal);
        Assert.Contains("Silo:GatewayPort", error, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error);
    }
}
