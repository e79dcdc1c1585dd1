namespace Actors.Orleans.ReplayChecks;

/// <summary>
/// The arguments of <c>replay-check</c>. The host's configuration reads the same arguments as settings, and takes the argument behind
/// <c>--strict</c> or a path for a value. So settings are to come first.
/// </summary>
internal static class ReplayCheckArguments
{
    public const string Verb = "replay-check";

    /// <summary>Reads the arguments behind the verb.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="problem">What is wrong with them, if they can't be read.</param>
    public static ReplayCheckOptions? Parse(IEnumerable<string> args, out string? problem)
    {
        var left = new Queue<string>(args);
        var options = new ReplayCheckOptions();
        problem = null;
        string? own = null;
        while (left.TryDequeue(out string? arg))
        {
            if (arg == "--strict")
            {
                options = options with { IsStrict = true };
            }
            else if (!arg.StartsWith('-'))
            {
                if (options.Directory is { } other)
                    problem = $"There are two directories, '{other}' and '{arg}'; name one.";
                options = options with { Directory = arg };
            }
            else
            {
                (string name, string? value) = arg.IndexOf('=', StringComparison.Ordinal) is >= 0 and int at ? (arg[..at], arg[(at + 1)..]) : (arg, null);
                if (value is null)
                    left.TryDequeue(out value);
                if (string.IsNullOrEmpty(value))
                    problem = $"{name} has no value.";
                else if (name == "--log")
                    options = options with { LogName = value };
                else if (name == "--retired")
                    options = options with { Retired = value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) };
                else if (own is not null)
                    problem = $"The setting {arg} comes after {own}; put settings before it.";
                else
                    continue;
            }

            own ??= arg;
            if (problem is not null)
                return null;
        }

        return options;
    }
}
