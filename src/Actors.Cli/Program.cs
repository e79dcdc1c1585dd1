using System.CommandLine;
using Actors.Cli;

ParseResult parsed = CommandLine.Root().Parse(args);
if (parsed.Errors.Count > 0)
{
    foreach (var error in parsed.Errors)
        await Console.Error.WriteLineAsync($"walctl: {error.Message}");
    return ExitCodes.Misused;
}

try
{
    return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Actors.Wal.LogCorruptException e)
{
    await Console.Error.WriteLineAsync($"walctl: {e.Message}");
    return ExitCodes.Damaged;
}
catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
{
    await Console.Error.WriteLineAsync($"walctl: {e.Message}");
    return ExitCodes.Misused;
}
catch (OperationCanceledException)
{
    return ExitCodes.Stopped;
}
