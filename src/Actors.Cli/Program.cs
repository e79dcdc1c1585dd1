using System.CommandLine;
using Actors.Cli;
using Actors.Cli.Output;
using Actors.Cli.Stores;

ParseResult parsed = CommandLine.Root().Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        await PrintAsync(error.Message);
    return ExitCodes.Misused;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Actors.Wal.LogCorruptException e)
{
    await PrintAsync(e.Message);
    return ExitCodes.Damaged;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or Npgsql.NpgsqlException)
{
    await PrintAsync(e switch
    {
        Npgsql.NpgsqlException => e.Message.Split('\n')[0].TrimEnd(), // details follow in further lines
        ArgumentException { ParamName: { } name } => e.Message.Replace($" (Parameter '{name}')", "", StringComparison.Ordinal),
        _ => e.Message,
    });
    return ExitCodes.Misused;
}
catch (OperationCanceledException)
{
    return ExitCodes.Stopped;
}

static Task PrintAsync(string message) => Console.Error.WriteLineAsync($"walctl: {Shown.Plain(Secrets.Hide(message))}");
