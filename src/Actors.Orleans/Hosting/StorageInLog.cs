namespace Actors.Orleans.Hosting;

/// <summary>Names a grain storage of Orleans and the write-ahead log in which it keeps states.</summary>
/// <param name="StorageName">The storage name that states refer to.</param>
/// <param name="LogName">The log's name.</param>
internal sealed record StorageInLog(string StorageName, string LogName);
