using Actors.Wal.Copying;
using Actors.Wal.Local;


namespace Actors.Cli.Stores;

/// <summary>The address of a store, as the user of a command writes it: a directory or a PostgreSQL store.</summary>
internal abstract class StoreAddress
{
    /// <summary>Parses an address.</summary>
    /// <exception cref="ArgumentException">The text is not an address.</exception>
    public static StoreAddress Parse(string text)
    {
        if (PostgresAddress.IsOne(text))
            return PostgresAddress.Parse(text);
        if (text.Length == 0 || text.Contains("://", StringComparison.Ordinal))
            throw new ArgumentException($"'{Secrets.Hide(text)}' is no store: name a directory, or postgres://USER@HOST/DATABASE?schema=actors.");
        return new LocalAddress(text);
    }

    /// <summary>Opens the store for reading, beside its owners.</summary>
    public abstract Task<ILogReader> OpenReaderAsync(CancellationToken cancellationToken);

    /// <summary>Opens an existing store for writing.</summary>
    public abstract Task<ILogStore> OpenStoreAsync(CancellationToken cancellationToken);

    public abstract CopySource CopyFrom();

    public abstract CopyTarget CopyTo();

    /// <summary>Returns the address as it can be written in a command, without secrets.</summary>
    public abstract override string ToString();
}

/// <summary>A store in a directory.</summary>
internal sealed class LocalAddress(string directory) : StoreAddress
{
    public string Directory => directory;

    public override async Task<ILogReader> OpenReaderAsync(CancellationToken cancellationToken) => await LocalLogReader.OpenAsync(directory, cancellationToken);

    public override async Task<ILogStore> OpenStoreAsync(CancellationToken cancellationToken)
    {
        ReadOnlyLog.Storage(directory); // fails if there is no store, instead of creating one
        return await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = directory }, cancellationToken);
    }

    public override CopySource CopyFrom() => LogStoreCopy.From(directory);

    public override CopyTarget CopyTo() => LogStoreCopy.To(directory);

    public override string ToString() => directory;
}
