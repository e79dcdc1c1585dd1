using Actors.Orleans.GrainClasses;
using Actors.Orleans.Kinds;
using Actors.Orleans.ReplayChecks;
using Actors.Wal;
using Actors.Wal.Local;
using Microsoft.Extensions.DependencyInjection;

namespace Actors.Orleans;

/// <summary>Tries a program's code on the history that a store holds, before the program is deployed.</summary>
public static class ReplayCheckExtensions
{
    /// <summary>
    /// Reads the grain logs, journaled grains and persistent states of a store with the types, upcasters and appliers of a configured
    /// silo. All events are decoded, and applied as in a replay. The silo need not run, and nothing is changed. The store may be a
    /// backup, or in use by the release that is to be replaced.
    /// </summary>
    /// <param name="services">The silo's services: <c>Host.CreateApplicationBuilder().UseOrleans(…).Build().Services</c>.</param>
    /// <param name="reader">Reads the store, such as <see cref="LocalLogReader"/>.</param>
    /// <param name="name">The provider that the streams belong to.</param>
    /// <param name="progress">Gets the number of streams that were checked so far.</param>
    /// <param name="retired">Grain types, <c>TYPE</c>, and logs, <c>TYPE/NAME</c>, that were removed from the program on purpose.</param>
    /// <param name="cancellationToken">Stops the check.</param>
    /// <exception cref="OrleansConfigurationException">The grain classes can't be used as declared.</exception>
    /// <exception cref="LogCorruptException">The store is damaged.</exception>
    public static async Task<ReplayReport> CheckReplayAsync(
        this IServiceProvider services,
        ILogReader reader,
        string name = WriteAheadLogOptions.DefaultName,
        IProgress<long>? progress = null,
        IReadOnlyCollection<string>? retired = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(reader);
        GrainClassValidator validator = services.GetServices<IConfigurationValidator>().OfType<GrainClassValidator>().FirstOrDefault()
            ?? throw new OrleansConfigurationException("The silo has no write-ahead log; add it with AddWriteAheadLog, or in the section Orleans:GrainStorage.");
        validator.ValidateConfiguration();
        var kinds = new StreamKinds(services, name, retired ?? []);
        var findings = new ReplayFindings(await SkippedEvents.ReadAsync(reader, cancellationToken).ConfigureAwait(false));
        long seen = 0;
        await foreach (StreamInfo stream in reader.ListAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            if (kinds.Of(stream.Id) is { } kind)
            {
                findings.Streams++;
                await kind.CheckAsync(reader, stream, findings, cancellationToken).ConfigureAwait(false);
            }
            else if (await kinds.IsOrphanAsync(reader, stream.Id, cancellationToken).ConfigureAwait(false))
            {
                findings.Orphan(StreamKinds.NameOf(stream.Id), stream);
            }
            else if (stream.Id != SkippedEvents.Stream)
            {
                findings.NotChecked(StreamKinds.NameOf(stream.Id));
            }

            progress?.Report(++seen);
        }

        return findings.ToReport(validator.NamedByClass());
    }
}
