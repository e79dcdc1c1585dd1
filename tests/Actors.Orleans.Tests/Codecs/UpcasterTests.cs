using Actors.Orleans.Codecs;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;
using Actors.Wal;
using Actors.Wal.Local;
using MessagePack;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans.Tests.Codecs;

[Union(0, typeof(TemperatureRead))]
[Union(1, typeof(MeasuredCelsius))]
[Union(2, typeof(MeasuredKelvin))]
public abstract record WeatherEvent;

/// <summary>The first version: tenths of degrees.</summary>
[MessagePackObject]
public sealed record TemperatureRead([property: Key(0)] int Tenths) : WeatherEvent;

/// <summary>The second one.</summary>
[MessagePackObject]
public sealed record MeasuredCelsius([property: Key(0)] double Degrees) : WeatherEvent;

/// <summary>Today's, which got a member later: older ones have none.</summary>
[MessagePackObject]
public sealed record MeasuredKelvin([property: Key(0)] double Kelvin, [property: Key(1)] string? Place = null) : WeatherEvent;

[MessagePackObject]
public sealed class Weather : IApply<WeatherEvent>
{
    [Key(0)]
    public List<string> Readings { get; set; } = [];

    public void Apply(WeatherEvent change) => Readings.Add(change is MeasuredKelvin read ? $"{read.Kelvin:F1} {read.Place ?? "somewhere"}" : $"{change.GetType().Name}?");
}

public interface IWeatherGrain : IGrainWithStringKey
{
    Task<string[]> Read();

    Task Measure(double kelvin, string place);

    /// <summary>Appends an event of the first version.</summary>
    Task MeasureTenths(int tenths);

    /// <summary>The history: "version kelvin".</summary>
    Task<string[]> ReadHistory();

    Task<string[]> ReadAt(long version);
}

public sealed class WeatherGrain([GrainLog("weather")] IGrainLog<Weather, WeatherEvent> log) : Grain, IWeatherGrain
{
    public Task<string[]> Read() => Task.FromResult(log.State.Readings.ToArray());

    public async Task Measure(double kelvin, string place) => await log.AppendAsync(new MeasuredKelvin(kelvin, place));

    public async Task MeasureTenths(int tenths) => await log.AppendAsync(new TemperatureRead(tenths));

    public async Task<string[]> ReadHistory()
        => await log.ReadAsync(new Sequence(1), log.Version).Select(e => FormattableString.Invariant($"{e.Version} {((MeasuredKelvin)e.Event).Kelvin:F0}")).ToArrayAsync();

    public async Task<string[]> ReadAt(long version) => [.. (await log.StateAtAsync(new Sequence(version))).Readings];
}

/// <summary>An event type without subtypes, under the alias of today.</summary>
[MessagePackObject, Alias("price.set.2")]
public sealed record PriceSet([property: Key(0)] decimal Price, [property: Key(1)] string Currency);

/// <summary>What it was.</summary>
[MessagePackObject, Alias("price.set")]
public sealed record PriceSetInCents([property: Key(0)] long Cents);

/// <summary>What old programs wrote, read by today's.</summary>
public sealed class UpcasterTests : IDisposable
{
    // Frozen: what the first versions of the events were written as.
    private const string OldReading = "9200" + "91" + "CCFA"; // [0, [250]]
    private const string NextReading = "9201" + "91" + "CB4034000000000000"; // [1, [20.0]]
    private const string EarlyKelvin = "9202" + "91" + "CB4072C00000000000"; // [2, [300.0]]: one member
    private const string LateKelvin = "9202" + "93" + "CB4072C00000000000" + "A14F" + "C3"; // [2, [300.0, "O", true]]: one that nobody knows any more
    private const string OldPrice = "92" + "A970726963652E736574" + "91" + "CD04D2"; // ["price.set", [1234]]

    private readonly TestDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Old_events_are_replayed_as_those_of_today_and_the_log_stays_as_it_is()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory, silo: Upcast);
        IWeatherGrain weather = cluster.Client.GetGrain<IWeatherGrain>("w");
        var id = new LogStreamId($"{weather.GetGrainId()}/weather");
        string[] written = [OldReading, NextReading, EarlyKelvin, LateKelvin];
        await using (ILogStream stream = await cluster.Store.OpenAsync(id, cancellationToken: TestContext.Current.CancellationToken))
        {
            foreach (string payload in written)
                await stream.AppendAsync(new EventData(Convert.FromHexString(payload), (byte)LogCodec.MessagePack), cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.Equal(["298.1 somewhere", "293.1 somewhere", "300.0 somewhere", "300.0 O"], await weather.Read());
        await weather.Measure(280, "north");
        await cluster.Cluster.DeactivateAsync(weather);
        Assert.Equal("280.0 north", (await weather.Read())[^1]);
        await cluster.Cluster.DeactivateAsync(weather);
        await using ILogStream read = await cluster.Store.OpenAsync(id, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(written, (await read.ReadAsync(new Sequence(1), new Sequence(4), TestContext.Current.CancellationToken).ToListAsync(TestContext.Current.CancellationToken)).Select(r => Convert.ToHexString(r.Payload.Span)));
    }

    [Fact]
    public void An_event_type_that_got_another_alias_reads_what_it_wrote_under_the_old_one()
    {
        PayloadCodec<PriceSet> codec = Codec<PriceSet, PriceSetInCents>(old => new PriceSet(old.Cents / 100m, "CZK"));
        Assert.Equal(new PriceSet(12.34m, "CZK"), Decode(codec, OldPrice));
        PayloadWriter today = codec.Encode(new PriceSet(1, "EUR"));
        Assert.Equal(new PriceSet(1, "EUR"), Decode(codec, Convert.ToHexString(today.Written.Span)));
    }

    [Fact]
    public void An_unknown_alias_is_named_with_the_known_ones()
    {
        PayloadCodec<PriceSet> codec = Codec<PriceSet, PriceSetInCents>(old => new PriceSet(old.Cents / 100m, "CZK"));
        GrainLogDecodeException error = Assert.Throws<GrainLogDecodeException>(() => Decode(codec, "92A56F7468657291CD04D2"));
        Assert.Contains("'other'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'price.set.2'", error.Message, StringComparison.Ordinal);
        Assert.Contains("'price.set'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Upcasters_that_lead_in_a_circle_are_an_error()
    {
        PayloadCodec<WeatherEvent> codec = Codec<WeatherEvent, TemperatureRead>(old => old);
        GrainLogDecodeException error = Assert.Throws<GrainLogDecodeException>(() => Decode(codec, OldReading));
        Assert.Contains("circle", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_old_type_that_can_not_be_told_in_the_log_is_refused_at_start()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => WalCluster.StartAsync(_directory, silo: s => s.UpcastGrainLogEvents<PriceSet, WithoutAlias>(_ => new PriceSet(0, ""))));
    }

    [Fact]
    public async Task An_old_event_may_become_several_or_none()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory, silo: s => s.UpcastGrainLogEvents<WeatherEvent, TemperatureRead>(Split));
        IWeatherGrain weather = cluster.Client.GetGrain<IWeatherGrain>("w");
        var id = new LogStreamId($"{weather.GetGrainId()}/weather");
        await using (ILogStream stream = await cluster.Store.OpenAsync(id, cancellationToken: TestContext.Current.CancellationToken))
        {
            foreach (string payload in (string[])[OldReading, "9200" + "91" + "00", LateKelvin]) // 250 tenths, 0 tenths
                await stream.AppendAsync(new EventData(Convert.FromHexString(payload), (byte)LogCodec.MessagePack), cancellationToken: TestContext.Current.CancellationToken);
        }

        Assert.Equal(["250.0 a", "251.0 b", "300.0 O"], await weather.Read());
        Assert.Equal(["1 250", "1 251", "3 300"], await weather.ReadHistory());
        Assert.Equal(["250.0 a", "251.0 b"], await weather.ReadAt(2));
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => weather.MeasureTenths(7));
        Assert.Contains("is an old type of event", error.Message, StringComparison.Ordinal);
        await weather.Measure(280, "north");
        Assert.Equal("4 280", (await weather.ReadHistory())[^1]);
        using LocalLogReader reader = await LocalLogReader.OpenAsync(_directory.Path, TestContext.Current.CancellationToken);
        ReplayReport report = await cluster.Services.CheckReplayAsync(reader, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((0, 4), (report.Problems.Count, report.Events));

        static IEnumerable<WeatherEvent> Split(TemperatureRead old)
            => old.Tenths == 0 ? [] : [new MeasuredKelvin(old.Tenths, "a"), new MeasuredKelvin(old.Tenths + 1, "b")];
    }

    [Fact]
    public async Task A_journaled_grain_refuses_events_that_become_several()
    {
        await using WalCluster cluster = await WalCluster.StartAsync(_directory, silo: s => s.UpcastGrainLogEvents<DiaryEvent, DiaryWritten>(static IEnumerable<DiaryEvent> (old) => [old, old]));
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => cluster.Client.GetGrain<IDiaryGrain>("d").Write("a"));
        Assert.Contains("Their versions count events: let one event become one.", error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void An_event_type_that_got_another_alias_may_become_several_too()
    {
        ServiceProvider services = new ServiceCollection().AddSerializer()
            .AddSingleton<EventUpcaster<PriceSet>>(new EventUpcaster<PriceSet, PriceSetInCents>(old => [new PriceSet(0, "CZK"), new PriceSet(old.Cents / 100m, "CZK")], splits: true)).BuildServiceProvider();
        PayloadCodec<PriceSet> codec = new LogCodecs(services).ForEvent<PriceSet>(LogCodec.Auto);
        Assert.Equal([new PriceSet(0, "CZK"), new PriceSet(12.34m, "CZK")], codec.DecodeAll(Record(OldPrice)));
        Assert.Throws<GrainLogDecodeException>(() => codec.Decode(Record(OldPrice)));
    }

    private static void Upcast(ISiloBuilder silo)
    {
        silo.UpcastGrainLogEvents<WeatherEvent, TemperatureRead>(old => new MeasuredCelsius(old.Tenths / 10.0));
        silo.UpcastGrainLogEvents<WeatherEvent, MeasuredCelsius>(old => new MeasuredKelvin(old.Degrees + 273.15));
    }

    private static PayloadCodec<TEvent> Codec<TEvent, TOld>(Func<TOld, TEvent> upcast)
        where TOld : class
    {
        ServiceProvider services = new ServiceCollection().AddSerializer().AddSingleton<EventUpcaster<TEvent>>(new EventUpcaster<TEvent, TOld>(old => [upcast(old)], splits: false)).BuildServiceProvider();
        return new LogCodecs(services).ForEvent<TEvent>(LogCodec.Auto);
    }

    private static T Decode<T>(PayloadCodec<T> codec, string payload) => codec.Decode(Record(payload));

    private static LogRecord Record(string payload)
        => new(LogRecordKind.Event, new Sequence(1), new Lsn(1), DateTimeOffset.UnixEpoch, new Epoch(1), (byte)LogCodec.MessagePack, Convert.FromHexString(payload), new LogStreamId("s"));
}
