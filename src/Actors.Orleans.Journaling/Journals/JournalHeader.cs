using System.Security.Cryptography;
using Actors.Orleans.Storage;
using Actors.Wal;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>What a journal's own stream says about it: its first record, and each snapshot.</summary>
/// <param name="Format">The key of the format that its bytes are in; null before the first bytes.</param>
/// <param name="Properties">The properties that it was created with, and <see cref="JournalProperties.Incarnation"/>.</param>
internal sealed record JournalHeader(string? Format, IReadOnlyDictionary<string, string> Properties)
{
    private const int IncarnationBytes = 8;

    /// <summary>Of a journal that does not exist.</summary>
    public static JournalHeader None { get; } = new(null, new Dictionary<string, string>());

    /// <summary>Tells this journal from others that had its id before; empty for one of an early release.</summary>
    public string Incarnation => Properties.TryGetValue(JournalProperties.Incarnation, out string? incarnation) ? incarnation : "";

    /// <summary>The properties that callers gave it.</summary>
    public Dictionary<string, string> Given
        => Properties.Where(p => p.Key != JournalProperties.Incarnation).ToDictionary(StringComparer.Ordinal);

    /// <summary>The header of a journal that comes into being.</summary>
    public static JournalHeader New(string? format, IReadOnlyDictionary<string, string>? given = null)
        => new(format, new Dictionary<string, string>(given ?? None.Properties, StringComparer.Ordinal)
        {
            [JournalProperties.Incarnation] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(IncarnationBytes)).TrimEnd('='),
        });

    /// <summary>Reads the header of a journal that another activation may own; null when the journal does not exist.</summary>
    public static ValueTask<JournalHeader?> ReadAsync(IStreamReader store, StreamId journal, CancellationToken cancellationToken)
        => LatestRead.ReadAsync(() => ReadOnceAsync(store, journal, cancellationToken));

    private static async ValueTask<JournalHeader?> ReadOnceAsync(IStreamReader store, StreamId journal, CancellationToken cancellationToken)
    {
        // A journal that was created without bytes gets its format with the first ones, in a second record.
        JournalHeader? header = null;
        await foreach (LogRecord record in store.ReplayAsync(journal, cancellationToken).ConfigureAwait(false))
        {
            JournalRecord read = JournalRecord.Of(record);
            if (read.Kind is JournalRecordKind.Data or JournalRecordKind.SnapshotPart)
                break;
            header = new JournalHeader(read.Format, read.Properties);
            if (header.Format is not null)
                break;
        }

        return header;
    }
}
