using System.Collections;
using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Numerics;
using Actors.Orleans.Codecs;
using Actors.Wal;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans.Tests.Codecs;

/// <summary>
/// States and events of all common shapes: what was read from the log is what the program would have built itself, can be sent to
/// another silo or a client, and goes on working. Left out are types that Orleans itself has no codec for, and BitArray, which it sends with another length.
/// </summary>
public sealed class ShapeTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    public static TheoryData<LogCodec, string> Shapes()
    {
        var data = new TheoryData<LogCodec, string>();
        foreach (string name in Values.Keys)
        {
            data.Add(LogCodec.MessagePack, name);
            data.Add(LogCodec.Orleans, name);
        }

        return data;
    }

    internal static readonly Dictionary<string, object> Values = new object[]
    {
        new Dictionary<string, int> { ["a"] = 1, ["b"] = 2 },
        new Dictionary<string, Dictionary<Guid, List<string>>> { ["a"] = new() { [Guid.Empty] = ["x", "y"] } },
        new Dictionary<int, string> { [1] = "a", [-7] = "b" },
        new Dictionary<long, decimal> { [1L << 40] = 1.5m },
        new Dictionary<Guid, DateTime> { [new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)] = new DateTime(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc) },
        new Dictionary<DayOfWeek, bool> { [DayOfWeek.Friday] = true },
        new Dictionary<(int, string), double> { [(1, "a")] = 0.5 },
        new Dictionary<Both, int> { [new Both(1, "a")] = 2 },
        new SortedDictionary<string, int> { ["b"] = 2, ["a"] = 1 },
        new SortedList<int, string> { [2] = "b", [1] = "a" },
        new ConcurrentDictionary<string, int>(new Dictionary<string, int> { ["a"] = 1 }),
        new ReadOnlyDictionary<string, int>(new Dictionary<string, int> { ["a"] = 1 }),
        ImmutableDictionary<string, int>.Empty.Add("a", 1).Add("b", 2),
        ImmutableSortedDictionary<string, int>.Empty.Add("a", 1),
        new HashSet<string> { "a", "b" },
        new HashSet<Both> { new(1, "a") },
        new SortedSet<int> { 3, 1, 2 },
        ImmutableHashSet.Create("a", "b"),
        ImmutableSortedSet.Create(3, 1, 2),
        new List<Both?> { new(1, "a"), null },
        new Queue<string>(["a", "b"]),
        new Stack<int>([1, 2, 3]),
        new ReadOnlyCollection<int>([1, 2]),
        ImmutableArray.Create(1, 2, 3),
        ImmutableList.Create("a", "b"),
        ImmutableQueue.Create(1, 2),
        ImmutableStack.Create(1, 2),
        new[] { 1, 2, 3 },
        new[] { new[] { 1 }, [2, 3] },
        new int[,] { { 1, 2 }, { 3, 4 } },
        new byte[] { 1, 2, 3 },
        (1, "a", 2.5),
        Tuple.Create(1, "a"),
        new KeyValuePair<string, int>("a", 1),
        new Uri("https://example.org/a?b=c"),
        new Version(1, 2, 3),
        new BigInteger(123456789) * 1_000_000_007,
        new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(2)),
        new DateOnly(2026, 1, 2),
        new TimeOnly(3, 4, 5),
        TimeSpan.FromMinutes(7),
        Half.One,
        Int128.MaxValue,
        "text",
        1.5m,
        new Both(7, "seven"),
    }.ToDictionary(v => Name(v.GetType()));

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Values_from_the_log_can_be_copied_sent_and_written_again(LogCodec codec, string shape)
        => typeof(ShapeTests).GetMethod(nameof(CheckShape), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Instance)!
            .MakeGenericMethod(Values[shape].GetType()).Invoke(this, [codec, Values[shape]]);

    [Fact]
    public void Members_that_are_declared_as_interfaces_can_be_sent_too()
    {
        Check(LogCodec.MessagePack, new Dictionary<string, IList<int>> { ["a"] = [1] }, v => v["a"].Add(2));
        Check<List<IDictionary<string, int>>>(LogCodec.MessagePack, [new Dictionary<string, int> { ["a"] = 1 }], v => v[0].Add("b", 2));
        Check<List<ISet<string>>>(LogCodec.MessagePack, [new HashSet<string> { "a" }], v => v[0].Add("b"));
        Check<List<ICollection<string>>>(LogCodec.MessagePack, [["a"]], v => v[0].Add("b"));
        Check<List<IReadOnlyDictionary<string, int>>>(LogCodec.MessagePack, [new Dictionary<string, int> { ["a"] = 1 }]);
        Check<List<IReadOnlyList<string>>>(LogCodec.MessagePack, [["a"]]);
        Check<List<IReadOnlyCollection<string>>>(LogCodec.MessagePack, [["a"]]);
        Check<List<IEnumerable<string>>>(LogCodec.MessagePack, [["a"]]);
        Check<List<IImmutableList<string>>>(LogCodec.MessagePack, [ImmutableList.Create("a")]);
        Check<List<object>>(LogCodec.MessagePack, [1, "a", new Dictionary<object, object> { ["k"] = 1 }]);
    }

    /// <summary>What is nested deeper than any state is refused, and does not end the process.</summary>
    [Fact]
    public void Too_deeply_nested_data_is_refused()
    {
        byte[] deep = [.. Enumerable.Repeat((byte)0x91, 100_000), 0xC0];
        PayloadCodec<List<object>> states = new LogCodecs(_services).ForState<List<object>>(LogCodec.MessagePack);
        Assert.Throws<GrainLogDecodeException>(() => states.Decode(Record(deep, states.Number)));
    }

    private void CheckShape<T>(LogCodec codec, T value) => Check(codec, value);

    private void Check<T>(LogCodec codec, T value, Action<T>? change = null)
    {
        PayloadCodec<T> states = new LogCodecs(_services).ForState<T>(codec);
        T read = states.Decode(Record(Written(states, value), states.Number));
        Assert.Equivalent(value, read);
        AssertDefaultComparer(read!);
        change?.Invoke(read);
        byte[] again = Written(states, read);
        Serializer<T> serializer = _services.GetRequiredService<Serializer<T>>();
        Assert.Equal(again, Written(states, serializer.Deserialize(serializer.SerializeToArray(read))!));
        Assert.Equal(again, Written(states, _services.GetRequiredService<DeepCopier<T>>().Copy(read)!));
    }

    private static void AssertDefaultComparer(object value)
    {
        if (value is IDictionary or IEnumerable && value.GetType().GetProperty("Comparer")?.GetValue(value) is { } comparer)
            Assert.StartsWith("System.", comparer.GetType().FullName, StringComparison.Ordinal);
    }

    private static byte[] Written<T>(PayloadCodec<T> codec, T value)
    {
        PayloadWriter writer = codec.Encode(value);
        byte[] bytes = writer.Written.ToArray();
        PayloadWriter.Return(writer);
        return bytes;
    }

    private static string Name(Type type)
        => type.IsGenericType ? $"{type.Name[..type.Name.IndexOf('`', StringComparison.Ordinal)]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : type.Name;

    private static LogRecord Record(byte[] payload, byte codec) => new(
        LogRecordKind.Checkpoint, new Sequence(5), new Lsn(9), DateTimeOffset.UnixEpoch, Epoch.Zero, codec, payload, new LogStreamId("s"));
}
