using System.Security.Cryptography;
using Actors.Orleans.Streams;
using Actors.Wal;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>The format and properties of a journal, which the first record of its own stream and each snapshot hold.</summary>
/// <param name="Format">The key of the format of the journal's bytes; null before the first bytes.</param>
/// <param name="Properties">The properties that the journal was created with, and <see cref="JournalProperties.Incarnation"/>.</param>
internal sealed record JournalHeader(string? Format, IReadOnlyDictionary<string, string> Properties)
{
    private const int IncarnationBytes = 8;

    /// <summary>The header of a journal that does not exist.</summary>
    public static JournalHeader None { get; } = new(null, new Dictionary<string, string>());

    /// <summary>Distinguishes this journal from earlier ones with the same id; empty for a journal of an early release.</summary>
    public string Incarnation => Properties.TryGetValue(JournalProperties.Incarnation, out string? incarnation) ? incarnation : "";

    /// <summary>The properties that callers gave the journal.</summary>
    public Dictionary<string, string> Given
        => Properties.Where(p => p.Key != JournalProperties.Incarnation).ToDictionary(StringComparer.Ordinal);

    /// <summary>Returns the header of a new journal.</summary>
    public static JournalHeader New(string? format, IReadOnlyDictionary<string, string>? given = null)
        => new(format, new Dictionary<string, string>(given ?? None.Properties, StringComparer.Ordinal)
        {
            [JournalProperties.Incarnation] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(IncarnationBytes)).TrimEnd('='),
        });

    /// <summary>Reads the header of a journal that another activation may own; null when the journal does not exist.</summary>
    public static ValueTask<JournalHeader?> ReadAsync(IStreamReader store, LogStreamId journal, CancellationToken cancellationToken)
        => LatestRead.ReadAsync(() => ReadOnceAsync(store, journal, cancellationToken));

    private static async ValueTask<JournalHeader?> ReadOnceAsync(IStreamReader store, LogStreamId journal, CancellationToken cancellationToken)
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
