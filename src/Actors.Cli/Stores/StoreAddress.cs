using Actors.Wal.Copying;

namespace Actors.Cli.Stores;

/// <summary>Where a store is, as a command's user says it: a directory, or a PostgreSQL store.</summary>
internal abstract class StoreAddress
{
    /// <summary>Reads what a user wrote.</summary>
    /// <exception cref="ArgumentException">It is no address.</exception>
    public static StoreAddress Parse(string text)
    {
        if (PostgresAddress.IsOne(text))
            return PostgresAddress.Parse(text);
        if (text.Length == 0 || text.Contains("://", StringComparison.Ordinal))
            throw new ArgumentException($"'{Secrets.Hide(text)}' is no store: name a directory, or postgres://USER@HOST/DATABASE?schema=actors.");
        return new LocalAddress(text);
    }

    /// <summary>Reads the store beside its owners.</summary>
    public abstract Task<ILogReader> OpenReaderAsync(CancellationToken cancellationToken);

    /// <summary>Opens the store, which must be there, to write to it.</summary>
    public abstract Task<ILogStore> OpenStoreAsync(CancellationToken cancellationToken);

    public abstract CopySource CopyFrom();

    public abstract CopyTarget CopyTo();

    /// <summary>As it can be written in a command; without secrets.</summary>
    public abstract override string ToString();
}

/// <summary>A store in a directory.</summary>
internal sealed class LocalAddress(string directory) : StoreAddress
{
    public string Directory => directory;

    public override async Task<ILogReader> OpenReaderAsync(CancellationToken cancellationToken) => await LocalLogReader.OpenAsync(directory, cancellationToken);

    public override async Task<ILogStore> OpenStoreAsync(CancellationToken cancellationToken)
    {
        ReadOnlyLog.Storage(directory); // an error where there is no store, instead of a new one
        return await LocalLogStore.OpenAsync(new LocalLogStoreOptions { Directory = directory }, cancellationToken);
    }

    public override CopySource CopyFrom() => LogStoreCopy.From(directory);

    public override CopyTarget CopyTo() => LogStoreCopy.To(directory);

    public override string ToString() => directory;
}
