using System.Collections.Immutable;
using Actors.Orleans.Codecs;
using Actors.Orleans.Tests.Grains;

namespace Actors.Orleans.Tests.Codecs;

public sealed class ImmutabilityTests
{
    [Theory]
    [InlineData(typeof(string), true)]
    [InlineData(typeof(StockPlaced), true)]
    [InlineData(typeof(WithImmutables), true)]
    [InlineData(typeof(WithItself), true)]
    [InlineData(typeof(WithPromise), true)]
    [InlineData(typeof(StockSet), false)]
    [InlineData(typeof(WithSetter), false)]
    [InlineData(typeof(WithObject), false)]
    [InlineData(typeof(WithUnsealed), false)]
    [InlineData(typeof(WithStruct), false)]
    [InlineData(typeof(WithListOfLists), false)]
    [InlineData(typeof(int[]), false)]
    public void Only_what_can_never_change_is_immutable(Type type, bool expected) => Assert.Equal(expected, Immutability.Of(type));

    private sealed record WithImmutables(decimal Amount, DateTimeOffset At, ImmutableArray<string> Names, int? Count, (int, string) Pair, Uri Link, DayOfWeek Day);

    private sealed record WithItself(string Name, WithItself? Next);

    [Immutable]
    private sealed record WithPromise(List<int> Values);

    private sealed record WithSetter
    {
        public int Value { get; set; }
    }

    private sealed record WithObject(object Value);

    private sealed record WithUnsealed(Unsealed Value);

    private sealed record WithStruct(Holder Value);

    private sealed record WithListOfLists(ImmutableList<List<int>> Values);

    private record Unsealed(int Value);

    private sealed record Derived(int Value) : Unsealed(Value);

    private struct Holder
    {
        public List<int>? Values { get; set; }
    }
}
