namespace Actors.Wal;

/// <summary>Reads the streams of a store that another process may own and write to: at least what was acknowledged when the reader was opened.</summary>
public interface ILogReader : IStreamReader, IDisposable
{
    /// <summary>Up to where everything is read.</summary>
    Lsn LastLsn { get; }
}
