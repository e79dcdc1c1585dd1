using System.Data.Common;
using Actors.Orleans.Hosting;
using Actors.Orleans.ReplayChecks;
using Actors.Wal;
using Actors.Wal.Local;
using Microsoft.Extensions.Hosting;

namespace Actors.Orleans;

/// <summary>Lets a silo's program check a store's history instead of starting the silo.</summary>
public static class ReplayCheckHostExtensions
{
    /// <summary>
    /// Runs the host until it is stopped; or, if the arguments begin with <c>replay-check</c>, runs the replay check:
    /// <c>replay-check [SETTINGS] [DIRECTORY] [--log NAME] [--retired TYPE,TYPE/NAME] [--strict]</c>. The host is disposed at the end.
    /// </summary>
    /// <param name="host">The host with a configured silo, which has not started.</param>
    /// <param name="args">The program's arguments, which its host was built with.</param>
    /// <param name="cancellationToken">Stops the host or the check.</param>
    /// <returns>The program's exit code: 0 after a run, and the code of <see cref="RunReplayCheckAsync"/> after a check.</returns>
    public static async Task<int> RunOrCheckAsync(this IHost host, string[] args, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(args);
        if (args is not [ReplayCheckArguments.Verb, .. string[] rest])
        {
            await host.RunAsync(cancellationToken).ConfigureAwait(false);
            return 0;
        }

        using (host)
        {
            if (ReplayCheckArguments.Parse(rest, out string? problem) is { } options)
                return await host.RunReplayCheckAsync(options, cancellationToken).ConfigureAwait(false);
            return await RefuseAsync(Console.Error, problem!).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Replays the history of a store with this program's grains and writes a report. The silo is not started, and the store may be in use.
    /// </summary>
    /// <param name="host">The host with a configured silo.</param>
    /// <param name="options">What is checked; null for the silo's only log.</param>
    /// <param name="cancellationToken">Stops the check.</param>
    /// <returns>
    /// An exit code. 0: all of it can be replayed. 1: there are problems, the grain classes can't be used as declared, or, in a strict check,
    /// there are warnings. 2: the store can't be read.
    /// </returns>
    public static async Task<int> RunReplayCheckAsync(this IHost host, ReplayCheckOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        options ??= new ReplayCheckOptions();
        try
        {
            LogStoreHost log = LogOf(host.Services, options.LogName);
            (string place, ILogReader reader) = await OpenAsync(host.Services, log, options.Directory, cancellationToken).ConfigureAwait(false);
            using (reader)
            {
                ReplayReport report = await host.Services.CheckReplayAsync(reader, log.Name, retired: options.Retired, cancellationToken: cancellationToken).ConfigureAwait(false);
                return await ReplayReportText.WriteAsync(report, $"{place}: ", reader.LastLsn, options).ConfigureAwait(false);
            }
        }
        catch (OrleansConfigurationException e)
        {
            await RefuseAsync(options.Error, e.Message).ConfigureAwait(false);
            return ReplayReportText.Failed;
        }
        catch (Exception e) when (e is LogStoreException or IOException or UnauthorizedAccessException or DbException)
        {
            return await RefuseAsync(options.Error, e.Message).ConfigureAwait(false);
        }
    }

    private static LogStoreHost LogOf(IServiceProvider services, string? name)
    {
        IReadOnlyList<LogStoreHost> logs = LogStoreHost.All(services);
        if (name is null && logs.Count == 1)
            return logs[0];
        string known = logs.Count == 0 ? "none" : string.Join(", ", logs.Select(l => $"'{l.Name}'"));
        return logs.FirstOrDefault(l => l.Name == name) ?? throw new OrleansConfigurationException(name is null
            ? $"The write-ahead log to check is not known: the silo has {known}. Name one with --log."
            : $"There is no write-ahead log '{name}'; the silo has {known}.");
    }

    /// <summary>Opens the named directory, or the store that the log is configured with.</summary>
    private static async Task<(string Place, ILogReader Reader)> OpenAsync(IServiceProvider services, LogStoreHost log, string? directory, CancellationToken cancellationToken)
    {
        if (directory is null && !log.Options.IsLocal)
        {
            if (log.Options.OpenReader is not { } open)
                throw new OrleansConfigurationException($"The store of write-ahead log '{log.Name}' can't be read without opening it. Name the directory of a copy, or call CheckReplayAsync with a reader.");
            try
            {
                return await open(services, cancellationToken).ConfigureAwait(false);
            }
            catch (InvalidOperationException e)
            {
                throw new IOException(e.Message, e);
            }
        }

        directory ??= log.Options.Directory;
        return (directory, await LocalLogReader.OpenAsync(directory, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<int> RefuseAsync(TextWriter error, string message)
    {
        await error.WriteLineAsync($"{ReplayCheckArguments.Verb}: {message}").ConfigureAwait(false);
        return ReplayReportText.NotRead;
    }
}
