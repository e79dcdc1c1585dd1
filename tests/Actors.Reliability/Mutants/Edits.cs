namespace Actors.Reliability.Mutants;

/// <summary>How the mutants get into the sources. An original that is not found there once is an error: the mutant would be no more.</summary>
internal static class Edits
{
    private const string Cold = "src/Actors.Wal/Cold/";
    private const string Commit = "src/Actors.Wal/Commit/";
    private const string Compaction = "src/Actors.Wal/Compaction/";
    private const string Format = "src/Actors.Wal/Format/";
    private const string Recovery = "src/Actors.Wal/Recovery/";
    private const string Segments = "src/Actors.Wal/Segments/";

    public static IReadOnlyList<Edit> All { get; } =
    [
        new(
            Commit + "Committer.cs",
            "            if (group.FlushBeforeAcknowledge)\n                Sync();",
            "            if (group.FlushBeforeAcknowledge && !Planted.Is(\"acknowledges before it flushes\"))\n                Sync();"),
        new(
            Commit + "Committer.cs",
            "        completions.Complete(group.Requests);\n        _lastCommit",
            "        completions.Complete(group.Requests);\n        if (group.FlushBeforeAcknowledge && Planted.Is(\"acknowledges before it flushes\"))\n            Sync();\n        _lastCommit"),
        new(
            Commit + "Committer.cs",
            "                _left.Add(left);",
            "                if (Planted.Is(\"ends a segment before its successor is durable\")) left.Finish(); else _left.Add(left);"),
        new(
            Commit + "Committer.cs",
            "        FlushIfDue();\n        return true;",
            "        if (!Planted.Is(\"flushes at an interval only while it is idle\"))\n            FlushIfDue();\n        return true;"),
        new(
            "src/Actors.Wal/Feeds/ChangeFeed.cs",
            "reader.Read(end.Durable)",
            "reader.Read(Planted.Is(\"gives followers what is not durable\") ? end.Published : end.Durable)"),
        new(
            Commit + "LogWriter.cs",
            "        _segment!.File.SyncData();\n        Durable = Written;",
            """
                    if (Planted.Is("swallows the error of a flush") || Planted.Is("flushes again after an error"))
                    {
                        try
                        {
                            _segment!.File.SyncData();
                        }
                        catch (IOException)
                        {
                            if (Planted.Is("flushes again after an error"))
                                _segment!.File.SyncData();
                        }
                    }
                    else if (!Planted.Is("does not flush"))
                    {
                        _segment!.File.SyncData();
                    }

                    Durable = Written;
            """),
        new(
            Commit + "LogWriter.cs",
            "            Durable,\n            DurableBatch,\n",
            "            Durable,\n            Planted.Is(\"does not say what is durable\") ? 0 : DurableBatch,\n"),
        new(
            Segments + "SealedSegment.cs",
            "        file.SyncData();\n        file.Truncate",
            "        if (!Planted.Is(\"shortens a segment before its footer is durable\"))\n            file.SyncData();\n        file.Truncate"),
        new(
            Commit + "AppendRules.cs",
            "if (stream.OwnerEpoch != epoch)",
            "if (stream.OwnerEpoch != epoch && !Planted.Is(\"takes appends from a former owner\"))"),
        new(
            Commit + "FrameEncoder.cs",
            "if (before <= view.First)",
            "if (before <= view.First && !Planted.Is(\"lets a late truncation bring events back\"))"),
        new(
            Format + "BatchHeader.cs",
            "Checksum.Of(target[8..SizeBytes], storeSeed, location)",
            "Checksum.Of(target[(Planted.Is(\"leaves the length out of a checksum\") ? 16 : 8)..SizeBytes], storeSeed, location)"),
        new(
            Format + "BatchHeader.cs",
            "Checksum.Of(source[8..SizeBytes], storeSeed, location)",
            "Checksum.Of(source[(Planted.Is(\"leaves the length out of a checksum\") ? 16 : 8)..SizeBytes], storeSeed, location)"),
        new(
            Format + "Checksum.cs",
            "Mix(storeSeed ^ Mix(location.Value))",
            "Mix(storeSeed ^ (Planted.Is(\"leaves the location out of the checksums\") ? 0 : Mix(location.Value)))"),
        new(
            Cold + "ColdSegmentWriter.cs",
            "        file.SyncData();\n        return header;",
            "        if (!Planted.Is(\"renames a cold segment before it is flushed\"))\n            file.SyncData();\n        return header;"),
        new(
            Compaction + "Compactor.cs",
            "publication.End.Durable >= written.AsOf ?",
            "publication.End.Durable >= written.AsOf || Planted.Is(\"drops frames before what replaced them is durable\") ?"),
        new(
            Compaction + "SegmentReplacement.cs",
            "        SyncNames();\n        for (;",
            "        if (!Planted.Is(\"deletes segments before the name of the cold one is durable\"))\n            SyncNames();\n        for (;"),
        new(
            Compaction + "SegmentCopy.cs",
            "&& frame.Lsn > cleanBefore",
            "&& frame.Lsn > cleanBefore && !Planted.Is(\"forgets too early that a stream was deleted\")"),
        new(
            Compaction + "LiveFrames.cs",
            "FrameLocation begin = view.First <= view.Head",
            "FrameLocation begin = view.First <= view.Head && !Planted.Is(\"drops events that come before their checkpoint\")"),
        new(
            Recovery + "LogRecovery.cs",
            "        DropCaches(names);",
            "        if (!Planted.Is(\"trusts the cache after a flush that failed\"))\n            DropCaches(names);"),
        new(
            Recovery + "LogRecovery.cs",
            "        Leave(number, end);",
            "        Leave(number, Planted.Is(\"does not cut a torn tail off\") ? Math.Max(end, tail.EndBytes) : end);"),
        new(
            Recovery + "LogRecovery.cs",
            "if (tail.Kind != TailKind.Footer && file.LengthBytes",
            "if (!Planted.Is(\"takes a segment that was cut for a whole one\") && tail.Kind != TailKind.Footer && file.LengthBytes"),
        new(
            Recovery + "StoreDirectory.cs",
            "            file.SyncData();",
            "            if (!Planted.Is(\"renames a file before it is flushed\"))\n                file.SyncData();"),
        new(
            Segments + "SegmentPreparer.cs",
            "            storage.SyncDirectory(SegmentFiles.SegmentDirectory);\n            return",
            "            if (!Planted.Is(\"does not flush the directory of a new segment\"))\n                storage.SyncDirectory(SegmentFiles.SegmentDirectory);\n            return"),
        new(
            Segments + "SegmentPreparer.cs",
            "if (again && storage.Exists(path))",
            "if (again && !Planted.Is(\"can not try again after a full disk\") && storage.Exists(path))"),
        new(
            Segments + "SegmentFiles.cs",
            "            storage.SyncDirectory(SegmentDirectory);\n        }",
            "            if (!Planted.Is(\"deletes unused segments in no order\"))\n                storage.SyncDirectory(SegmentDirectory);\n        }\n\n        storage.SyncDirectory(SegmentDirectory);"),
        new(
            "src/Actors.Wal/Reading/FrameReader.cs",
            "isValid = FrameHeader.IsHeaderSealed(bytes.Span, storeSeed, location) ?",
            "isValid = FrameHeader.IsHeaderSealed(bytes.Span, storeSeed, location) || Planted.Is(\"decides from frame headers whose checksum is wrong\") ?"),
        new(
            "src/Actors.Wal/Streams/StreamLoader.cs",
            "if (damages is [var first, ..])",
            "if (damages is [var first, ..] && !Planted.Is(\"leaves damaged streams out of a listing\"))"),
        new(
            "src/Actors.Wal/Local/LocalStream.cs",
            "store.Parts.Segments.Damage.Note(damage);\n            return Sequence.Zero;",
            "store.Parts.Segments.Damage.Note(damage);\n            return Planted.Is(\"drops history that it can not read\") ? View.Head : Sequence.Zero;"),
        new(
            Compaction + "LiveFrames.cs",
            "            Damaged(e);\n            return null;",
            "            Damaged(e);\n            return Planted.Is(\"takes the frames of a damaged stream for dead\") ? new FrameLocation(ulong.MaxValue) : null;"),
        new(
            Commit + "BatchTimes.cs",
            "&& now == _stampedAt)",
            "&& (now == _stampedAt || Planted.Is(\"gives records the time of their batch\")))"),
        new(
            "src/Actors.Wal/Streams/StreamHistory.cs",
            "at.Next > First ? at.Next : First;",
            "at.Next > First ? (Planted.Is(\"applies the event of a checkpoint again\") ? at : at.Next) : First;"),
    ];

    /// <summary>The switch, which only a copy of the sources with mutants has.</summary>
    public const string Switch = """
        namespace Actors.Wal;

        public static class Planted
        {
            private static readonly string? Name = Environment.GetEnvironmentVariable("ACTORS_MUTANT");

            public static bool Is(string name) => Name == name;
        }
        """;
}
