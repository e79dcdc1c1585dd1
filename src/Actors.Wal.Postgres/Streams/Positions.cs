namespace Actors.Wal.Postgres.Streams;

/// <summary>A record's place in the change feed: its transaction, and its place in that.</summary>
internal static class Positions
{
    public const int OrdinalBits = 20;

    /// <summary>The most records of a commit.</summary>
    public const int MaxRecords = 1 << OrdinalBits;

    public static Lsn Lsn(long tx, int ordinal) => new((tx << OrdinalBits) | (uint)ordinal);

    public static long Tx(Lsn lsn) => lsn.Value >> OrdinalBits;

    public static int Ordinal(Lsn lsn) => (int)(lsn.Value & (MaxRecords - 1));
}
