namespace Actors.Orleans.Hosting;

/// <summary>Storage of Orleans that keeps states in a write-ahead log.</summary>
/// <param name="StorageName">The name that states ask for.</param>
/// <param name="LogName">The log.</param>
internal sealed record StorageInLog(string StorageName, string LogName);
