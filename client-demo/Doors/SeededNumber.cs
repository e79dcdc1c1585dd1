namespace Actors.ClientDemo.Doors;

/// <summary>Derives the content of a call from the seed, its caller and its number, so that a check can compute it again.</summary>
internal static class SeededNumber
{
    /// <summary>64 bits that look random (the finalizer of SplitMix64).</summary>
    public static ulong Of(int seed, long lane, long number)
    {
        ulong bits = Mix(Mix((ulong)seed) + (ulong)lane);
        return Mix(bits + (ulong)number);
    }

    private static ulong Mix(ulong bits)
    {
        bits += 0x9E3779B97F4A7C15;
        bits = (bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9;
        bits = (bits ^ (bits >> 27)) * 0x94D049BB133111EB;
        return bits ^ (bits >> 31);
    }
}
