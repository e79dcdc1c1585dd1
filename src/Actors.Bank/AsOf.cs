namespace Actors.Bank;

/// <summary>A point in an account's past.</summary>
[GenerateSerializer, Immutable]
[Alias("bank.AsOf")]
public abstract record AsOf;

/// <summary>As of an event.</summary>
/// <param name="Version">The event's number. 0 is the point before the first event; a number beyond the last event stands for the last event.</param>
[GenerateSerializer, Immutable]
[Alias("bank.AsOfVersion")]
public sealed record AsOfVersion([property: Id(0)] long Version) : AsOf;

/// <summary>As of a time, by the clock of the silo: its last event at that time or before.</summary>
/// <param name="Time">The time.</param>
[GenerateSerializer, Immutable]
[Alias("bank.AsOfTime")]
public sealed record AsOfTime([property: Id(0)] DateTimeOffset Time) : AsOf;

/// <summary>
/// As of the end of a day in the ledger that the account's entries come from: the last entry of that date or an earlier
/// one, and all events before it. Assumes that the entries of an account were booked in the order of
/// their dates. An event that is no ledger entry has no date, and counts with the next entry.
/// </summary>
/// <param name="Date">The ledger's date.</param>
[GenerateSerializer, Immutable]
[Alias("bank.AsOfDate")]
public sealed record AsOfDate([property: Id(0)] DateOnly Date) : AsOf;
