namespace Actors.Reliability.Processes;

/// <summary>The first words of a writer's output lines.</summary>
internal static class WriterLine
{
    public const string Open = "open";
    public const string Refused = "refused";
    public const string Acknowledged = "acknowledged";
    public const string Rejected = "rejected";
    public const string Again = "again";
    public const string Failed = "failed";
    public const string Broken = "broken";
}
