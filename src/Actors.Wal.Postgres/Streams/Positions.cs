namespace Actors.Wal.Postgres.Streams;

/// <summary>Converts the LSN of a record to its transaction and its ordinal in that, and back.</summary>
internal static class Positions
{
    public const int OrdinalBits = 20;

    /// <summary>The most records of a commit.</summary>
    public const int MaxRecords = 1 << OrdinalBits;

    public static Lsn Lsn(long tx, int ordinal) => new((tx << OrdinalBits) | (uint)ordinal);

    public static long Tx(Lsn lsn) => lsn.Value >> OrdinalBits;

    public static int Ordinal(Lsn lsn) => (int)(lsn.Value & (MaxRecords - 1));
}
