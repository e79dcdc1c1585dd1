namespace Actors.Orleans.Events;

/// <summary>Replaces an exception of the application that Orleans can't send. Without it the caller would not learn the cause.</summary>
[GenerateSerializer]
[Alias("actors.ForeignException")]
internal sealed class ForeignException : OrleansException
{
    // Namespaces whose exceptions Orleans sends: its own list, and what AddWriteAheadLogErrors adds.
    private static readonly string[] Sendable = ["System", "Microsoft", "Orleans", "Actors.Wal", "MessagePack", "Npgsql"];

    private ForeignException(Exception error)
        : base($"{error.GetType().FullName}: {error.Message}") => Text = error.ToString();

    /// <summary>The exception with its trace.</summary>
    [Id(0)]
    public string Text { get; }

    /// <summary>Returns the exception itself if Orleans can send it with its causes, otherwise a <see cref="ForeignException"/>.</summary>
    public static Exception Of(Exception error) => CanBeSent(error) ? error : new ForeignException(error);

    public override string ToString() => Text;

    private static bool CanBeSent(Exception? error)
        => error is null || ((error.GetType().IsDefined(typeof(GenerateSerializerAttribute), inherit: false) || IsOfSendableNamespace(error.GetType().Namespace)) && CanBeSent(error.InnerException));

    private static bool IsOfSendableNamespace(string? name)
        => name is not null && Sendable.Any(s => name == s || name.StartsWith(s + ".", StringComparison.Ordinal));
}
