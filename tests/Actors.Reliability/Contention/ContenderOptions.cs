using System.Globalization;

namespace Actors.Reliability.Contention;

/// <summary>The options of a contending process.</summary>
/// <param name="ConnectionString">The connection string of the server, or of a proxy before it.</param>
/// <param name="Name">A unique prefix of its events.</param>
/// <param name="Seed">The seed of its random choices.</param>
/// <param name="Streams">The number of streams for which all processes contend.</param>
/// <param name="Tasks">The number of its tasks that append.</param>
internal sealed record ContenderOptions(string ConnectionString, string Name, int Seed, int Streams = 100, int Tasks = 24)
{
    public IReadOnlyList<string> Arguments => [ConnectionString, Name, Text(Seed), Text(Streams), Text(Tasks)];

    public static ContenderOptions Of(string[] arguments)
        => new(arguments[0], arguments[1], Number(arguments[2]), Number(arguments[3]), Number(arguments[4]));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
