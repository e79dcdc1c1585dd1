using Actors.Wal;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Actors.Orleans.GrainLogs;

/// <summary>Ends an activation when another owner takes its stream over, because its state may be old.</summary>
internal static class Overtaking
{
    /// <param name="context">The activation; null for none.</param>
    /// <param name="stream">The stream that it has opened.</param>
    public static void EndsActivation(IGrainContext? context, ILogStream stream)
    {
        if (context is not null)
            stream.OwnershipLost.UnsafeRegister(_ => End(context, stream.Id), null);
    }

    private static void End(IGrainContext context, LogStreamId stream)
    {
        Metrics.Overtaken.Add(1);
        Log.Overtaken(context.ActivationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Overtaking)), stream);
        context.Deactivate(new DeactivationReason(DeactivationReasonCode.DuplicateActivation, $"Another activation has opened stream '{stream}'."));
    }
}
