using System.Text.Json.Serialization;

namespace Actors.ClientDemo.Doors;

/// <summary>The result of <c>doors</c>; the names are those of the JSON file.</summary>
internal sealed record DoorsResult
{
    public required IReadOnlyList<DoorResult> Doors { get; init; }

    public required int Kills { get; init; }

    /// <summary>The longest time from a start after a kill until the silo was ready.</summary>
    public required double RecoveryMs { get; init; }

    /// <summary>The wallets' money; null if the door of transactions was not run.</summary>
    public MoneyResult? Money { get; init; }

    [JsonIgnore]
    public bool IsGood => Doors.All(d => d.Lost == 0 && d.Mismatched == 0) && Money is not { IsConstant: false };
}

/// <summary>The result of one door.</summary>
internal sealed record DoorResult
{
    public required string Door { get; init; }

    public required long Acknowledged { get; init; }

    public required int Lost { get; init; }

    public required int Beyond { get; init; }

    public required int Mismatched { get; init; }
}

/// <summary>The money in all wallets, and the counts of repeated and refused transactions.</summary>
internal sealed record MoneyResult
{
    public required long Before { get; init; }

    public required long After { get; init; }

    /// <summary>Transactions that were aborted by conflicts or by a kill, and repeated.</summary>
    public required long Repeated { get; init; }

    /// <summary>Transfers of more money than exists. They were refused and changed nothing.</summary>
    public required long Refused { get; init; }

    [JsonIgnore]
    public bool IsConstant => Before == After;
}
