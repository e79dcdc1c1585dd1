using System.Globalization;

namespace Actors.Reliability.Contention;

/// <summary>What a contending process is told.</summary>
/// <param name="ConnectionString">The server, perhaps by way of a proxy.</param>
/// <param name="Name">What tells its events from those of all others.</param>
/// <param name="Seed">The seed of its choices.</param>
/// <param name="Streams">How many streams all contend for.</param>
/// <param name="Tasks">How many tasks of it append.</param>
internal sealed record ContenderOptions(string ConnectionString, string Name, int Seed, int Streams = 100, int Tasks = 24)
{
    public IReadOnlyList<string> Arguments => [ConnectionString, Name, Text(Seed), Text(Streams), Text(Tasks)];

    public static ContenderOptions Of(string[] arguments)
        => new(arguments[0], arguments[1], Number(arguments[2]), Number(arguments[3]), Number(arguments[4]));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
