using Actors.ClientDemo.Checking;

namespace Actors.ClientDemo.Doors;

/// <summary>One caller's calls, numbered from 1: each is made when the one before is done.</summary>
internal sealed class Lane(long number)
{
    private long _done;

    /// <summary>The caller's number, and that of its account or teller.</summary>
    public long Number { get; } = number;

    /// <summary>The last call that is done.</summary>
    public long Done => Volatile.Read(ref _done);

    /// <summary>Whether a call was made that nobody has answered.</summary>
    public bool IsUnderWay { get; private set; }

    /// <returns>The number of the call that is made now.</returns>
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

    /// <summary>Holds what the silo has of this caller against what it acknowledged, and goes on from there.</summary>
    /// <param name="owner">What is counted, as a sentence names it.</param>
    /// <param name="count">How many calls the silo has.</param>
    /// <param name="result">Takes the findings.</param>
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
