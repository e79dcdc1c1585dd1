using Actors.Orleans.Codecs;
using Actors.Wal;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans.Tests.Codecs;

/// <summary>When the payloads below were written: <c>Observed(int Tenths, string By)</c>. Renamed since, and one member more.</summary>
[GenerateSerializer, Alias("evolution.observed")]
public sealed record Observation([property: Id(0)] int TenthsOfDegrees, [property: Id(1)] string Observer, [property: Id(2)] string? Place = null);

/// <summary>Then: <c>All</c> and <c>Count</c>. One renamed, one gone, one new.</summary>
[GenerateSerializer, Alias("evolution.observations")]
public sealed class Observations
{
    [Id(0)]
    public List<int> Readings { get; set; } = [];

    [Id(2)]
    public int Last { get; set; } = -1;
}

[GenerateSerializer, Alias("evolution.watched")]
public abstract record Sighting;

/// <summary>Then: <c>Bird</c>, of the base type <c>Watched</c>. The alias is its name in the log.</summary>
[GenerateSerializer, Alias("evolution.bird")]
public sealed record BirdSighting([property: Id(0)] string Species) : Sighting;

/// <summary>What an old program wrote with the Orleans serializer, read by today's.</summary>
public sealed class OrleansEvolutionTests : IDisposable
{
    // Frozen.
    private const string Observed250ByAda = "20E800D2074107416461E0";
    private const string ThreeObservations = "2020000701050009000DE0010DE0";
    private const string BirdKite = "3001FC09058A1D65766F6C7574696F6E2E62697264E8E8E840096B697465E0";

    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();

    public void Dispose() => _services.Dispose();

    [Fact]
    public void Members_may_be_renamed_and_added()
        => Assert.Equal(new Observation(250, "Ada"), new LogCodecs(_services).ForEvent<Observation>(LogCodec.Auto).Decode(Record(Observed250ByAda)));

    [Fact]
    public void Members_of_a_state_may_go_and_new_ones_have_their_initial_values()
    {
        Observations read = new LogCodecs(_services).ForState<Observations>(LogCodec.Auto).Decode(Record(ThreeObservations));
        Assert.Equal([1, 2, 3], read.Readings);
        Assert.Equal(-1, read.Last);
    }

    [Fact]
    public void A_class_that_was_renamed_is_found_by_its_alias()
        => Assert.Equal(new BirdSighting("kite"), new LogCodecs(_services).ForEvent<Sighting>(LogCodec.Auto).Decode(Record(BirdKite)));

    [Fact]
    public void An_alias_that_is_gone_is_an_error_that_names_it()
    {
        string lost = BirdKite.Replace(Convert.ToHexString("bird"u8), Convert.ToHexString("newt"u8), StringComparison.Ordinal);
        GrainLogDecodeException error = Assert.Throws<GrainLogDecodeException>(() => new LogCodecs(_services).ForEvent<Sighting>(LogCodec.Auto).Decode(Record(lost)));
        Assert.Contains("evolution.newt", error.Message, StringComparison.Ordinal);
    }

    private static LogRecord Record(string payload)
        => new(LogRecordKind.Event, new Sequence(1), new Lsn(1), DateTimeOffset.UnixEpoch, new Epoch(1), (byte)LogCodec.Orleans, Convert.FromHexString(payload), new LogStreamId("s"));
}
