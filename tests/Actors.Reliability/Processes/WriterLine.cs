namespace Actors.Reliability.Processes;

/// <summary>How the lines begin that a writer says.</summary>
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
