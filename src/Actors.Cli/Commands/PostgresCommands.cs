using Actors.Cli.Output;
using Actors.Cli.Stores;
using Actors.Wal.Postgres;
using Actors.Wal.Postgres.Inspection;
using Spectre.Console;

namespace Actors.Cli.Commands;

/// <summary>Runs the commands inspect, stats and verify on a PostgreSQL store.</summary>
internal static class PostgresCommands
{
    private const int ShownLines = 40;

    public static async Task<int> InspectAsync(PostgresAddress address, string? prefix, bool json, CancellationToken cancellationToken)
    {
        PostgresLogStoreOptions options = address.Options();
        await using var source = options.DataSource;
        StoreReport report = await PostgresAddress.TryAsync(() => new StoreInspection(options).RunAsync(prefix, cancellationToken));
        if (json)
            JsonLines.Write(new Inspection(report.Server, report.Streams, report.DeletedStreams, report.Events, report.Tables, report.TrimStreams, report.TrimSince, report.Feed, report.StreamList?.Select(StreamLine.Of)));
        else
            Show(report, address);
        return ExitCodes.Fine;
    }

    public static async Task<int> StatsAsync(PostgresAddress address, bool json, CancellationToken cancellationToken)
    {
        PostgresLogStoreOptions options = address.Options();
        await using var source = options.DataSource;
        (StoreReport store, IReadOnlyList<KindCount> kinds) = await PostgresAddress.TryAsync(async () =>
        {
            var inspection = new StoreInspection(options);
            return (await inspection.RunAsync(null, cancellationToken), await inspection.CountAsync(cancellationToken));
        });
        var statistics = new Statistics(
            store.Streams, kinds.Sum(k => k.Bytes), kinds.Sum(k => k.LiveBytes), store.Tables.Sum(t => t.Bytes), store.Tables.Sum(t => t.IndexBytes), [.. kinds.Select(k => new KindLine(k.Kind.ToString(), k.Rows, k.Records, k.Bytes))]);
        if (json)
            JsonLines.Write(statistics);
        else
            Show(statistics);
        return ExitCodes.Fine;
    }

    public static async Task<int> VerifyAsync(PostgresAddress address, bool json, CancellationToken cancellationToken)
    {
        PostgresLogStoreOptions options = address.Options();
        await using var source = options.DataSource;
        RowReport report = await PostgresAddress.TryAsync(() => json || Console.IsOutputRedirected
            ? new RowVerification(options).RunAsync(cancellationToken)
            : VerifyWithProgressAsync(options, cancellationToken));
        if (json)
            JsonLines.Write(report);
        else
            Show(report);
        return report.Problems.Count == 0 ? ExitCodes.Fine : ExitCodes.Damaged;
    }

    private static Task<RowReport> VerifyWithProgressAsync(PostgresLogStoreOptions options, CancellationToken cancellationToken)
        => Terminal.Open().Progress()
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context =>
            {
                ProgressTask task = context.AddTask("Verifying");
                return new RowVerification(options)
                {
                    Progress = (done, total) =>
                    {
                        task.MaxValue = Math.Max(1, total);
                        task.Value = done;
                    },
                }.RunAsync(cancellationToken);
            });

    private static void Show(StoreReport report, PostgresAddress address)
    {
        IAnsiConsole console = Terminal.Open();
        Table store = new Table().Border(TableBorder.Rounded).AddColumn("Store").AddColumn(Markup.Escape(address.ToString()))
            .AddRow("server", $"PostgreSQL {Markup.Escape(report.Server.Version)}, page checksums {(report.Server.Checksums ? "on" : "off")}")
            .AddRow("tables of version", $"{report.Server.SchemaVersion}, made {Shown.Time(report.Server.Created)}")
            .AddRow("partitions", report.Server.Partitions == 0 ? "none" : Shown.Number(report.Server.Partitions))
            .AddRow("streams", Shown.Number(report.Streams))
            .AddRow("deleted streams", Shown.Number(report.DeletedStreams))
            .AddRow("events kept", Shown.Number(report.Events))
            .AddRow("streams with rows to trim", report.TrimSince is { } since ? $"{Shown.Number(report.TrimStreams)}, since {Shown.Time(since)}" : "none")
            .AddRow("change feed waits for", FeedText(report.Feed));
        if (report.Server.CopyOf is { } copied)
            store.AddRow("not complete", Markup.Escape($"a copy of {copied}"));
        console.Write(store);
        Table tables = new Table().Border(TableBorder.Rounded).AddColumn("table");
        foreach (string column in new[] { "bytes", "bytes of indexes", "rows, about", "dead rows, about" })
            tables.AddColumn(new TableColumn(column).RightAligned());
        foreach (TableLine t in report.Tables)
            tables.AddRow(Markup.Escape(t.Table), Shown.Number(t.Bytes), Shown.Number(t.IndexBytes), Shown.Number(t.Rows), Shown.Number(t.DeadRows));
        console.Write(tables);
        if (report.StreamList is { } list)
            console.Write(StreamLine.TableOf(list.Select(StreamLine.Of)));
    }

    private static string FeedText(FeedLine feed)
    {
        if (feed.Oldest is { } oldest)
            return Markup.Escape($"{oldest}{(feed.Since is { } since ? $", since {Shown.Time(since)}" : "")}");
        return feed.Transactions == 0 ? "nobody" : $"a transaction that this user may not see; {Shown.Number(feed.Transactions)} newer ones at most";
    }

    private static void Show(Statistics statistics)
    {
        IAnsiConsole console = Terminal.Open();
        Table kinds = new Table().Border(TableBorder.Rounded).AddColumn("kind");
        foreach (string column in new[] { "rows", "records", "payload" })
            kinds.AddColumn(new TableColumn(column).RightAligned());
        foreach (KindLine kind in statistics.Kinds)
            kinds.AddRow(kind.Kind, Shown.Number(kind.Rows), Shown.Number(kind.Records), Shown.Number(kind.PayloadBytes));
        console.Write(kinds);
        console.Write(new Table().Border(TableBorder.Rounded).AddColumn("Log").AddColumn(new TableColumn("").RightAligned())
            .AddRow("streams", Shown.Number(statistics.Streams))
            .AddRow("bytes of payload", Shown.Number(statistics.Bytes))
            .AddRow("of them live", $"{Shown.Number(statistics.LiveBytes)} ({Shown.Percent(statistics.Bytes == 0 ? 1 : (double)statistics.LiveBytes / statistics.Bytes)})")
            .AddRow("bytes of tables", Shown.Number(statistics.TableBytes))
            .AddRow("bytes of indexes", Shown.Number(statistics.IndexBytes)));
    }

    private static void Show(RowReport report)
    {
        Terminal.Open().Write(new Table().Border(TableBorder.Rounded).AddColumn("Verified").AddColumn(new TableColumn("").RightAligned())
            .AddRow("streams", Shown.Number(report.Streams))
            .AddRow("rows", Shown.Number(report.Rows))
            .AddRow("events", Shown.Number(report.Events))
            .AddRow("bytes of payload", Shown.Number(report.Bytes))
            .AddRow("problems", Shown.Number(report.Problems.Count)));
        foreach (RowProblem problem in report.Problems.Take(ShownLines))
            Console.WriteLine($"stream '{Shown.Plain(problem.Stream)}', row {problem.Seq}/{problem.Sub}: {problem.What}");
        if (report.Problems.Count > ShownLines)
            Console.WriteLine($"And {report.Problems.Count - ShownLines} more; --json lists all.");
    }

    private sealed record Inspection(
        ServerLine Server, long Streams, long DeletedStreams, long Events, IReadOnlyList<TableLine> Tables, long TrimStreams, DateTimeOffset? TrimSince, FeedLine Feed, IEnumerable<StreamLine>? StreamList);

    private sealed record Statistics(long Streams, long Bytes, long LiveBytes, long TableBytes, long IndexBytes, IReadOnlyList<KindLine> Kinds);

    private sealed record KindLine(string Kind, long Rows, long Records, long PayloadBytes);
}
