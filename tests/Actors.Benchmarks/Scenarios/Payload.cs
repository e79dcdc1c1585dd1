namespace Actors.Benchmarks.Scenarios;

/// <summary>Creates payloads: random bytes, so that a disk can't skip writing zeros, and the same in every run.</summary>
internal static class Payload
{
    public static byte[] Of(int bytes)
    {
        var payload = new byte[bytes];
        var random = new Random(1);
        random.NextBytes(payload);
        return payload;
    }
}
