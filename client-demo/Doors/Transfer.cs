namespace Actors.ClientDemo.Doors;

/// <summary>A transfer between two wallets.</summary>
internal readonly record struct Transfer(long From, long To, long Amount)
{
    // Much less than the money in a wallet, so that no order of the transfers empties one.
    private const int LargestAmount = 100;

    /// <summary>Returns the teller's transfer with this number.</summary>
    public static Transfer Of(int seed, int wallets, long teller, long number)
    {
        ulong bits = SeededNumber.Of(seed, teller, number);
        long from = (long)(bits % (ulong)wallets);
        long step = 1 + (long)((bits >> 16) % (ulong)(wallets - 1));
        return new Transfer(from, (from + step) % wallets, 1 + (long)((bits >> 32) % LargestAmount));
    }
}
