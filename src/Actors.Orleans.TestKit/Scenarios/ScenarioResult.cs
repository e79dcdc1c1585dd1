using Actors.Orleans.Codecs;

namespace Actors.Orleans.TestKit.Scenarios;

/// <summary>The result of a scenario.</summary>
/// <param name="State">The state after a replay of the log.</param>
/// <param name="Appended">The events after the given ones.</param>
/// <param name="Error">The exception with which an action failed; null if all succeeded.</param>
/// <param name="Codec">Compares events.</param>
internal sealed record ScenarioResult<TState, TEvent>(TState State, IReadOnlyList<TEvent> Appended, Exception? Error, PayloadCodec<TEvent> Codec)
{
    public void RequireSuccess()
    {
        if (Error is not null)
            throw new GrainLogScenarioException($"What was done failed: {Error.Message}{Environment.NewLine}In the log after that: {EventText.Of(Appended, Codec)}", Error);
    }

    public TException RequireFailure<TException>()
        where TException : Exception
        => Error switch
        {
            TException expected => expected,
            null => throw new GrainLogScenarioException($"Expected: {typeof(TException).Name}{Environment.NewLine}Nothing failed, and there is in the log: {EventText.Of(Appended, Codec)}"),
            _ => throw new GrainLogScenarioException($"Expected: {typeof(TException).Name}{Environment.NewLine}Failed with: {Error.GetType().Name}: {Error.Message}", Error),
        };

    public void RequireEvents(IReadOnlyList<TEvent> expected)
    {
        bool same = expected.Count == Appended.Count
            && Enumerable.Range(0, expected.Count).All(i => expected[i]?.GetType() == Appended[i]?.GetType() && Codec.Same(expected[i], Appended[i]));
        if (!same)
            throw new GrainLogScenarioException($"Expected: {EventText.Of(expected, Codec)}{Environment.NewLine}In the log: {EventText.Of(Appended, Codec)}");
    }
}
