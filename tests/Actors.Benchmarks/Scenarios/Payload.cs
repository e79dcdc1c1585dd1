namespace Actors.Benchmarks.Scenarios;

/// <summary>Bytes to append: no zeros that a disk could save itself from writing, and the same in every run.</summary>
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
