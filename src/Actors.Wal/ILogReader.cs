namespace Actors.Wal;

/// <summary>Reads the streams of a store while another process may write to it: at least all records acknowledged before the opening.</summary>
public interface ILogReader : IStreamReader, IDisposable
{
    /// <summary>The reader gives all records up to this one.</summary>
    Lsn LastLsn { get; }
}
