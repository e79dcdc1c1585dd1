using Actors.ClientDemo.Checking;

namespace Actors.ClientDemo.Doors;

/// <summary>One caller's calls, numbered from 1. Each is made when the previous one is done.</summary>
internal sealed class Lane(long number)
{
    private long _done;

    /// <summary>The number of the caller and of its account or teller.</summary>
    public long Number { get; } = number;

    /// <summary>The number of the last call that is done.</summary>
    public long Done => Volatile.Read(ref _done);

    /// <summary>Whether a call was made and is not acknowledged.</summary>
    public bool IsUnderWay { get; private set; }

    /// <returns>The number of the new call.</returns>
    public long Begin()
    {
        IsUnderWay = true;
        return Done + 1;
    }

    public void Acknowledge()
    {
        Volatile.Write(ref _done, Done + 1);
        IsUnderWay = false;
    }

    /// <summary>Compares the silo's count of this caller's calls with the acknowledged ones, and continues from the greater count.</summary>
    /// <param name="owner">The name of the account or teller for the findings.</param>
    /// <param name="count">The number of calls that the silo has.</param>
    /// <param name="result">Receives the findings.</param>
    public void Settle(string owner, long count, CheckResult result)
    {
        long beyond = count - Done;
        if (beyond < 0)
            result.AddLost($"{owner} has {count} calls; {Done} were acknowledged.", (int)-beyond);
        else if (beyond > (IsUnderWay ? 1 : 0))
            result.AddMismatch($"{owner} has {count} calls; {Done} were acknowledged, and {(IsUnderWay ? 1 : 0)} under way.");
        else
            result.AddBeyond((int)beyond);
        Volatile.Write(ref _done, Math.Max(Done, count));
        IsUnderWay = false;
    }
}
