using Actors.Bank;
using MessagePack;

namespace Actors.Orleans.TestKit.Tests;

public sealed class ScenarioTests
{
    private static readonly Deposited Ten = new() { Transaction = 1, Amount = 10 };

    [Fact]
    public async Task Appended_events_are_compared_with_the_expected_ones()
        => await Account().Given(Ten)
            .When(log => new AccountGrain(log).Withdraw(2, 4))
            .ThenAsync(new Withdrawn { Transaction = 2, Amount = 4 });

    [Fact]
    public async Task Another_event_than_expected_fails_and_shows_both()
    {
        GrainLogScenarioException error = await Assert.ThrowsAsync<GrainLogScenarioException>(() => Account().Given(Ten)
            .When(log => new AccountGrain(log).Withdraw(2, 4))
            .ThenAsync(new Withdrawn { Transaction = 2, Amount = 5 }));
        Assert.Contains("Withdrawn [1,[2,\"5\"]]", error.Message, StringComparison.Ordinal);
        Assert.Contains("Withdrawn [1,[2,\"4\"]]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_too_many_or_too_few_fails()
    {
        await Assert.ThrowsAsync<GrainLogScenarioException>(() => Account().When(log => new AccountGrain(log).Deposit(1, 10)).ThenNothingAsync());
        await Assert.ThrowsAsync<GrainLogScenarioException>(() => Account().When(log => new AccountGrain(log).Deposit(1, 10)).ThenAsync(Ten, Ten));
        await Account().When(log => Task.CompletedTask).ThenNothingAsync();
    }

    [Fact]
    public async Task A_refusal_leaves_nothing_in_the_log()
    {
        AccountException error = await Account().Given(Ten)
            .When(log => new AccountGrain(log).Deposit(2, -1))
            .ThenThrowsAsync<AccountException>();
        Assert.Contains("must be positive", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_that_does_not_come_fails()
    {
        await Assert.ThrowsAsync<GrainLogScenarioException>(() => Account()
            .When(log => new AccountGrain(log).Deposit(2, 1)).ThenThrowsAsync<AccountException>());
        await Assert.ThrowsAsync<GrainLogScenarioException>(() => Account()
            .When(_ => throw new InvalidOperationException("another")).ThenThrowsAsync<AccountException>());
        await Assert.ThrowsAsync<GrainLogScenarioException>(() => Account()
            .When(_ => throw new InvalidOperationException("unexpected")).ThenNothingAsync());
    }

    [Fact]
    public async Task Several_calls_run_one_after_the_other_and_the_state_can_be_asked_for()
    {
        Account state = await Account().Given(Ten, Ten)
            .When(log => new AccountGrain(log).Withdraw(2, 4))
            .When(log => new AccountGrain(log).Deposit(3, 1))
            .ThenStateAsync();
        Assert.Equal(17, state.Balance);
    }

    [Fact]
    public async Task A_state_that_a_replay_does_not_give_fails()
    {
        GrainLogScenarioException error = await Assert.ThrowsAsync<GrainLogScenarioException>(() => GrainLogScenario.For<Clocked, Ticked>()
            .When(log => log.AppendAsync(new Ticked()).AsTask())
            .ThenAsync(new Ticked()));
        Assert.Contains("A replay gives another state", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_an_unknown_outcome_the_log_says_what_was_kept(bool kept)
    {
        AppendOutcomeUnknownException? unknown = null;
        GrainLogScenario<Account, AccountEvent> scenario = Account()
            .GivenFault(log =>
            {
                if (kept)
                    log.LoseNextAnswer();
                else
                    log.LoseNextAppend();
            })
            .When(async log => unknown = await Assert.ThrowsAsync<AppendOutcomeUnknownException>(() => log.AppendAsync(Ten).AsTask()));
        await scenario.ThenAsync(kept ? [Ten] : []);
        Assert.NotNull(unknown);
    }

    [Fact]
    public async Task The_configured_applier_is_used()
    {
        string text = (await GrainLogScenario.For<Words, Word>(silo => silo.ApplyGrainLogEvents<Words, Word>((state, word) => new Words { Text = state.Text + word.Text }))
            .Given(new Word { Text = "a" })
            .When(log => log.AppendAsync(new Word { Text = "b" }).AsTask())
            .ThenStateAsync()).Text;
        Assert.Equal("ab", text);
    }

    [Fact]
    public async Task Calls_run_in_turns_as_a_grains_do()
    {
        int inside = 0;
        int most = 0;
        await GrainLogScenario.For<Words, Word>(silo => silo.ApplyGrainLogEvents<Words, Word>((state, word) => new Words { Text = state.Text + word.Text }))
            .When(log => Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
            {
                await log.AppendAsync(new Word { Text = $"{i}," });
                most = Math.Max(most, Interlocked.Increment(ref inside));
                Thread.SpinWait(10_000);
                Interlocked.Decrement(ref inside);
            })))
            .ThenStateAsync();
        Assert.Equal(1, most);
    }

    private static GrainLogScenario<Account, AccountEvent> Account() => GrainLogScenario.For<Account, AccountEvent>();

    [MessagePackObject, Alias("testkit.ticked")]
    public sealed record Ticked;

    /// <summary>A state that looks at something else than its events.</summary>
    [MessagePackObject]
    public sealed class Clocked : IApply<Ticked>
    {
        private static long _ticks;

        [Key(0)]
        public long Ticks { get; set; }

        public void Apply(Ticked change) => Ticks = Interlocked.Increment(ref _ticks);
    }

    [MessagePackObject, Alias("testkit.word")]
    public sealed record Word
    {
        [Key(0)]
        public required string Text { get; init; }
    }

    [MessagePackObject]
    public sealed class Words
    {
        [Key(0)]
        public string Text { get; set; } = "";
    }
}
