using System.Buffers;
using Actors.Wal;
using MessagePack;

namespace Actors.Orleans.Reminders;

/// <summary>The kinds of events in a reminder stream. Their numbers are in the log and never change.</summary>
internal enum ReminderChange
{
    /// <summary>A reminder is registered or updated: <c>[1, grain, name, start, period]</c>; the period in ticks of 100 ns.</summary>
    Upsert = 1,

    /// <summary>A reminder is removed: <c>[2, grain, name]</c>.</summary>
    Remove = 2,

    /// <summary>All reminders of the stream are removed: <c>[3]</c>.</summary>
    Clear = 3,
}

/// <summary>
/// The records of a reminder stream, as MessagePack. A checkpoint is an array of all reminders, each with the sequence of the event that
/// wrote it last: <c>[[grain, name, start, period, sequence], …]</c>.
/// </summary>
internal static class ReminderRecord
{
    private const byte Codec = (byte)LogCodec.MessagePack;
    private const int CheckpointFields = 5;

    public static EventData OfUpsert(ReminderEntry entry)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(5);
        writer.Write((int)ReminderChange.Upsert);
        Write(ref writer, new ReminderKey(entry.GrainId, entry.ReminderName), entry.StartAt, entry.Period);
        writer.Flush();
        return new EventData(buffer.WrittenMemory, Codec);
    }

    public static EventData OfRemove(ReminderKey key)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(3);
        writer.Write((int)ReminderChange.Remove);
        writer.Write(key.Grain.ToString());
        writer.Write(key.Name);
        writer.Flush();
        return new EventData(buffer.WrittenMemory, Codec);
    }

    public static EventData OfClear()
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(1);
        writer.Write((int)ReminderChange.Clear);
        writer.Flush();
        return new EventData(buffer.WrittenMemory, Codec);
    }

    public static EventData OfCheckpoint(IReadOnlyDictionary<ReminderKey, Reminder> reminders)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var writer = new MessagePackWriter(buffer);
        writer.WriteArrayHeader(reminders.Count);
        foreach ((ReminderKey key, Reminder reminder) in reminders)
        {
            writer.WriteArrayHeader(CheckpointFields);
            Write(ref writer, key, reminder.StartAt, reminder.Period);
            writer.Write(reminder.Sequence.Value);
        }

        writer.Flush();
        return new EventData(buffer.WrittenMemory, Codec);
    }

    /// <summary>Applies a record to the reminders before it.</summary>
    /// <exception cref="GrainLogDecodeException">The record is not one of a reminder stream.</exception>
    public static void Apply(in LogRecord record, Dictionary<ReminderKey, Reminder> reminders)
    {
        try
        {
            var reader = new MessagePackReader(record.Payload);
            int count = reader.ReadArrayHeader();
            if (record.Kind == LogRecordKind.Checkpoint)
                ApplyCheckpoint(ref reader, count, reminders);
            else
                ApplyEvent(ref reader, count, record.Sequence, reminders);
        }
        catch (Exception e) when (e is MessagePackSerializationException or EndOfStreamException or ArgumentException or FormatException)
        {
            throw new GrainLogDecodeException(record.Stream, record.Sequence, "Reminder record", e);
        }
    }

    private static void ApplyCheckpoint(ref MessagePackReader reader, int count, Dictionary<ReminderKey, Reminder> reminders)
    {
        reminders.Clear();
        for (int i = 0; i < count; i++)
        {
            if (reader.ReadArrayHeader() != CheckpointFields)
                throw new MessagePackSerializationException("A reminder has another number of fields.");
            ReminderKey key = ReadKey(ref reader);
            reminders[key] = new Reminder(reader.ReadDateTime(), TimeSpan.FromTicks(reader.ReadInt64()), new Sequence(reader.ReadInt64()));
        }
    }

    private static void ApplyEvent(ref MessagePackReader reader, int count, Sequence sequence, Dictionary<ReminderKey, Reminder> reminders)
    {
        var change = (ReminderChange)reader.ReadInt32();
        switch (change, count)
        {
            case (ReminderChange.Upsert, 5):
                ReminderKey key = ReadKey(ref reader);
                reminders[key] = new Reminder(reader.ReadDateTime(), TimeSpan.FromTicks(reader.ReadInt64()), sequence);
                break;
            case (ReminderChange.Remove, 3):
                reminders.Remove(ReadKey(ref reader));
                break;
            case (ReminderChange.Clear, 1):
                reminders.Clear();
                break;
            default:
                throw new MessagePackSerializationException($"There is no change of kind {(int)change} with {count} fields.");
        }
    }

    private static void Write(ref MessagePackWriter writer, ReminderKey key, DateTime start, TimeSpan period)
    {
        writer.Write(key.Grain.ToString());
        writer.Write(key.Name);
        writer.Write(start.Kind == DateTimeKind.Local ? start.ToUniversalTime() : DateTime.SpecifyKind(start, DateTimeKind.Utc));
        writer.Write(period.Ticks);
    }

    private static ReminderKey ReadKey(ref MessagePackReader reader)
        => new(GrainId.Parse(reader.ReadString() ?? ""), reader.ReadString() ?? "");
}

/// <summary>The key of a reminder: its grain and its name.</summary>
internal readonly record struct ReminderKey(GrainId Grain, string Name);

/// <summary>A reminder.</summary>
/// <param name="StartAt">The time of the first tick, in UTC.</param>
/// <param name="Period">The time between two ticks.</param>
/// <param name="Sequence">The sequence of the event that wrote it last. It is the ETag.</param>
internal readonly record struct Reminder(DateTime StartAt, TimeSpan Period, Sequence Sequence)
{
    public string ETag => Sequence.ToString();

    public ReminderEntry ToEntry(ReminderKey key)
        => new() { GrainId = key.Grain, ReminderName = key.Name, StartAt = StartAt, Period = Period, ETag = ETag };
}
