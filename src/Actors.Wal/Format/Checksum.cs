using System.IO.Hashing;

namespace Actors.Wal.Format;

/// <summary>
/// XxHash3 (64 bit), seeded with store, segment and offset. Bytes that were written elsewhere, by another store,
/// or to an earlier file at the same place therefore never validate.
/// </summary>
internal static class Checksum
{
    public static ulong Of(ReadOnlySpan<byte> bytes, ulong storeSeed, FrameLocation location)
        => XxHash3.HashToUInt64(bytes, unchecked((long)Mix(storeSeed ^ Mix(location.Value))));

    /// <summary>Returns the checksum of a file that is not addressed by location: the manifest.</summary>
    public static ulong OfFile(ReadOnlySpan<byte> bytes, ulong seed)
        => XxHash3.HashToUInt64(bytes, unchecked((long)seed));

    public static ulong OfStream(ReadOnlySpan<byte> id, ulong hashSeed)
        => XxHash3.HashToUInt64(id, unchecked((long)hashSeed));

    public static ulong StoreSeed(Guid storeId)
    {
        Span<byte> bytes = stackalloc byte[16];
        storeId.TryWriteBytes(bytes);
        return XxHash3.HashToUInt64(bytes);
    }

    /// <summary>A bijection in which every input bit reaches every output bit (the finalizer of SplitMix64).</summary>
    private static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }
}
