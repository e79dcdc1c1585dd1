using Spectre.Console;

namespace Actors.Cli.Output;

/// <summary>A line of a list of streams.</summary>
internal sealed record StreamLine(string Stream, long Head, long First, long? Checkpoint)
{
    public static StreamLine Of(StreamInfo stream) => new(stream.Id.Value, stream.Head.Value, stream.First.Value, stream.Checkpoint?.Value);

    public static Table TableOf(IEnumerable<StreamLine> streams)
    {
        Table table = new Table().Border(TableBorder.Rounded).AddColumn("stream");
        foreach (string column in new[] { "head", "first", "checkpoint" })
            table.AddColumn(new TableColumn(column).RightAligned());
        foreach (StreamLine s in streams)
            table.AddRow(Shown.Name(s.Stream), Shown.Number(s.Head), Shown.Number(s.First), s.Checkpoint is { } checkpoint ? Shown.Number(checkpoint) : "");
        return table;
    }
}
