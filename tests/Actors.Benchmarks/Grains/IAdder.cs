namespace Actors.Benchmarks.Grains;

/// <summary>The call that every grain of the benchmarks has. The grains differ in how they store the change.</summary>
[Alias("benchmarks.IAdder")]
public interface IAdder : IGrainWithIntegerKey
{
    /// <summary>Adds to the grain's counter and returns its total.</summary>
    [Alias("Add")]
    Task<long> Add(long amount);
}

/// <summary>Stores nothing.</summary>
[Alias("benchmarks.IPlainAdder")]
public interface IPlainAdder : IAdder;

/// <summary>Stores nothing, and yields its turn once.</summary>
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
    /// <summary>Appends events until the log has this length.</summary>
    [Alias("Fill")]
    Task Fill(int events);

    /// <summary>Deletes the log, then deactivates the grain.</summary>
    [Alias("Clear")]
    Task Clear();
}

/// <summary>A journaled grain whose log is one object in memory storage.</summary>
[Alias("benchmarks.ILogStorageAdder")]
public interface ILogStorageAdder : IJournaledAdder;

/// <summary>A journaled grain that stores only its last state, in memory storage.</summary>
[Alias("benchmarks.IStateStorageAdder")]
public interface IStateStorageAdder : IJournaledAdder;

/// <summary>A journaled grain on the write-ahead log.</summary>
[Alias("benchmarks.IWalJournaledAdder")]
public interface IWalJournaledAdder : IJournaledAdder;
