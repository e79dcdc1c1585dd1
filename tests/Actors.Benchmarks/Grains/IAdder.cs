namespace Actors.Benchmarks.Grains;

/// <summary>The one call that every grain of the benchmarks answers; what differs is what becomes of the change.</summary>
[Alias("benchmarks.IAdder")]
public interface IAdder : IGrainWithIntegerKey
{
    /// <summary>Adds to the grain's counter and returns its total.</summary>
    [Alias("Add")]
    Task<long> Add(long amount);
}

/// <summary>Keeps nothing.</summary>
[Alias("benchmarks.IPlainAdder")]
public interface IPlainAdder : IAdder;

/// <summary>Keeps nothing, and leaves its turn once.</summary>
[Alias("benchmarks.IYieldAdder")]
public interface IYieldAdder : IAdder;

/// <summary>Writes its state to memory storage.</summary>
[Alias("benchmarks.IMemoryAdder")]
public interface IMemoryAdder : IAdder;

/// <summary>Writes its state to ADO.NET storage.</summary>
[Alias("benchmarks.IAdoNetAdder")]
public interface IAdoNetAdder : IAdder;

/// <summary>Writes its state to grain storage on the write-ahead log.</summary>
[Alias("benchmarks.IWalStorageAdder")]
public interface IWalStorageAdder : IAdder;

/// <summary>Appends an event to its grain log.</summary>
[Alias("benchmarks.IGrainLogAdder")]
public interface IGrainLogAdder : IAdder;

/// <summary>Appends an event to its grain log in PostgreSQL.</summary>
[Alias("benchmarks.IPostgresLogAdder")]
public interface IPostgresLogAdder : IAdder;

/// <summary>Writes its state to grain storage on the write-ahead log in PostgreSQL.</summary>
[Alias("benchmarks.IPostgresStorageAdder")]
public interface IPostgresStorageAdder : IAdder;

/// <summary>Writes a durable value to its journal.</summary>
[Alias("benchmarks.IDurableAdder")]
public interface IDurableAdder : IAdder;

/// <summary>Moves amounts between two transactional states in memory storage.</summary>
[Alias("benchmarks.IMemoryTransferAdder")]
public interface IMemoryTransferAdder : IAdder;

/// <summary>Moves amounts between two transactional states on the write-ahead log.</summary>
[Alias("benchmarks.IWalTransferAdder")]
public interface IWalTransferAdder : IAdder;

/// <summary>A journaled grain.</summary>
[Alias("benchmarks.IJournaledAdder")]
public interface IJournaledAdder : IAdder
{
    /// <summary>Makes a log of so many events.</summary>
    [Alias("Fill")]
    Task Fill(int events);

    /// <summary>Removes the log, and then the grain.</summary>
    [Alias("Clear")]
    Task Clear();
}

/// <summary>A journaled grain whose log is one object in memory storage.</summary>
[Alias("benchmarks.ILogStorageAdder")]
public interface ILogStorageAdder : IJournaledAdder;

/// <summary>A journaled grain whose last state is kept in memory storage.</summary>
[Alias("benchmarks.IStateStorageAdder")]
public interface IStateStorageAdder : IJournaledAdder;

/// <summary>A journaled grain on the write-ahead log.</summary>
[Alias("benchmarks.IWalJournaledAdder")]
public interface IWalJournaledAdder : IJournaledAdder;
