namespace Actors.ClientDemo.Checking;

/// <summary>The result of a check that reads all grains back from the silo.</summary>
internal sealed class CheckResult
{
    private readonly List<string> _findings = [];

    /// <summary>Acknowledged events or bookings that are missing.</summary>
    public int Lost { get; private set; }

    /// <summary>Events of calls that were under way at the kill.</summary>
    public int Beyond { get; private set; }

    /// <summary>Events or balances that differ from the expected ones.</summary>
    public int Mismatched { get; private set; }

    /// <summary>The number of events read.</summary>
    public long Events { get; set; }

    /// <summary>The money in all accounts, or wallets.</summary>
    public decimal Money { get; set; }

    /// <summary>The first findings, as sentences.</summary>
    public IReadOnlyList<string> Findings => _findings;

    public void AddLost(string finding, int count = 1)
    {
        Lost += count;
        Note(finding);
    }

    public void AddMismatch(string finding)
    {
        Mismatched++;
        Note(finding);
    }

    public void AddBeyond(int count) => Beyond += count;

    private void Note(string finding)
    {
        if (_findings.Count < 20)
            _findings.Add(finding);
    }
}
