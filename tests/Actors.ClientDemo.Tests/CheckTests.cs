using Actors.Bank;
using Actors.ClientDemo.Checking;
using Actors.ClientDemo.Ledgers;
using Actors.ClientDemo.Running;

namespace Actors.ClientDemo.Tests;

/// <summary>The demo's checker finds what it is there to find.</summary>
public sealed class CheckTests
{
    private const long A = 1;
    private const long B = 2;

    [Fact]
    public void A_complete_history_is_clean()
    {
        CheckResult result = Evaluate(Steps(StepOutcome.Acknowledged), Lines());
        Assert.Equal((0, 0, 0), (result.Lost, result.Beyond, result.Mismatched));
        Assert.Equal(4, result.Events);
        Assert.Equal(10m, result.Money);
    }

    [Fact]
    public void An_acknowledged_event_that_is_gone_is_lost()
    {
        Dictionary<long, List<StatementLine>> lines = Lines();
        lines[B].Clear();
        Assert.Equal(1, Evaluate(Steps(StepOutcome.Acknowledged), lines).Lost);
    }

    [Fact]
    public void Events_of_calls_in_flight_are_beyond_and_count_as_done()
    {
        LedgerStep[] steps = Steps(StepOutcome.Unknown);
        CheckResult result = Evaluate(steps, Lines());
        Assert.Equal((0, 4, 0), (result.Lost, result.Beyond, result.Mismatched));
        Assert.All(steps, s => Assert.Equal(StepOutcome.Acknowledged, s.Outcome));
    }

    [Fact]
    public void A_call_in_flight_that_left_nothing_is_run_again()
    {
        LedgerStep[] steps = Steps(StepOutcome.Unknown);
        CheckResult result = Evaluate(steps, new() { [A] = [], [B] = [] });
        Assert.Equal((0, 0, 0), (result.Lost, result.Beyond, result.Mismatched));
        Assert.All(steps, s => Assert.Equal(StepOutcome.Waiting, s.Outcome));
    }

    [Fact]
    public void Half_a_transfer_is_a_mismatch()
    {
        LedgerStep[] steps = Steps(StepOutcome.Unknown);
        Dictionary<long, List<StatementLine>> lines = Lines();
        lines[B].Clear();
        Assert.True(Evaluate(steps, lines).Mismatched > 0);
    }

    [Fact]
    public void An_unrequested_or_duplicate_event_is_a_mismatch()
    {
        Dictionary<long, List<StatementLine>> foreign = Lines();
        foreign[B].Add(Line(2, 99, nameof(Deposited), 1, 5));
        Assert.True(Evaluate(Steps(StepOutcome.Acknowledged), foreign).Mismatched > 0);
        Dictionary<long, List<StatementLine>> twice = Lines();
        twice[B].Add(Line(2, 2, nameof(TransferReceived), 4, 8));
        Assert.True(Evaluate(Steps(StepOutcome.Acknowledged), twice).Mismatched > 0);
    }

    [Fact]
    public void A_wrong_amount_a_gap_and_a_wrong_balance_are_mismatches()
    {
        Dictionary<long, List<StatementLine>> amount = Lines();
        amount[A][0] = Line(1, 1, nameof(Deposited), 11, 11);
        Assert.True(Evaluate(Steps(StepOutcome.Acknowledged), amount).Mismatched > 0);
        Dictionary<long, List<StatementLine>> gap = Lines();
        gap[A][2] = gap[A][2] with { Version = 4 };
        Assert.True(Evaluate(Steps(StepOutcome.Acknowledged), gap).Mismatched > 0);
        Assert.True(Evaluate(Steps(StepOutcome.Acknowledged), Lines(), balanceOfA: 7).Mismatched > 0);
    }

    [Fact]
    public void An_event_in_another_place_than_acknowledged_is_a_mismatch()
    {
        LedgerStep[] steps = Steps(StepOutcome.Acknowledged);
        steps[0].Booking = new Booking(2, 10);
        Assert.True(Evaluate(steps, Lines()).Mismatched > 0);
    }

    [Fact]
    public void A_generated_ledger_is_the_same_for_a_seed_and_never_overdraws()
    {
        Ledger first = GeneratedLedger.Create(10, 5000, 7, 0);
        Ledger second = GeneratedLedger.Create(10, 5000, 7, 0);
        Assert.Equal(first.Steps.Select(s => (s.Account, s.Kind, s.Amount, s.ToAccount)), second.Steps.Select(s => (s.Account, s.Kind, s.Amount, s.ToAccount)));
        Assert.NotEqual(first.Steps.Select(s => s.Amount), GeneratedLedger.Create(10, 5000, 8, 0).Steps.Select(s => s.Amount));
        Assert.All(first.Lanes.Values, lane =>
        {
            decimal balance = 0;
            Assert.All(lane, s => Assert.True((balance += s.Kind == StepKind.Deposit ? s.Amount : -s.Amount) >= 0));
        });
        Assert.All(first.Steps.Where(s => s.Kind == StepKind.Transfer), s => Assert.NotEqual(s.Account, s.ToAccount));
    }

    private static LedgerStep[] Steps(StepOutcome outcome) =>
    [
        new() { Transaction = 1, Account = A, Kind = StepKind.Deposit, Amount = 10, Outcome = outcome, Booking = new Booking(1, 10) },
        new() { Transaction = 2, Account = A, Kind = StepKind.Transfer, Amount = 4, ToAccount = B, Outcome = outcome, Booking = new Booking(2, 6) },
    ];

    private static Dictionary<long, List<StatementLine>> Lines() => new()
    {
        [A] =
        [
            Line(1, 1, nameof(Deposited), 10, 10),
            Line(2, 2, nameof(TransferSent), -4, 6),
            Line(3, 2, nameof(TransferConfirmed), 0, 6),
        ],
        [B] = [Line(1, 2, nameof(TransferReceived), 4, 4)],
    };

    private static CheckResult Evaluate(LedgerStep[] steps, Dictionary<long, List<StatementLine>> lines, decimal? balanceOfA = null)
        => new LedgerCheck(new Ledger(steps), Patience.None()).Evaluate(lines.ToDictionary(
            l => l.Key,
            l => new AccountHistory(l.Key, l.Value, new AccountSummary(
                l.Value.Count, l.Key == A && balanceOfA is { } wrong ? wrong : l.Value.Sum(x => x.Amount), 0))));

    private static StatementLine Line(long version, long transaction, string kind, decimal amount, decimal balance)
        => new(version, DateTimeOffset.UnixEpoch, transaction, kind, amount, balance);
}
