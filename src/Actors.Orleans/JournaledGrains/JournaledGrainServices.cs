using Microsoft.Extensions.Logging;
using Orleans.EventSourcing;
using Orleans.Serialization;

namespace Actors.Orleans.JournaledGrains;

/// <summary>The services that Orleans passes to a log-consistency provider. Used on silos on which no other provider has registered them.</summary>
internal sealed class JournaledGrainServices(IGrainContext context, ILoggerFactory loggers, DeepCopier copier, ILocalSiloDetails silo) : ILogConsistencyProtocolServices
{
    private readonly ILogger _logger = loggers.CreateLogger("Actors.Orleans.JournaledGrain");

    public GrainId GrainId => context.GrainId;

    public string MyClusterId => silo.ClusterId;

    public T DeepCopy<T>(T value) => copier.Copy(value)!;

    public void ProtocolError(string msg, bool throwexception)
    {
        Orleans.Log.ProtocolError(_logger, GrainId, msg);
        if (throwexception)
            throw new OrleansException($"{msg} (grain {GrainId})");
    }

    public void CaughtException(string where, Exception e) => Orleans.Log.ProtocolException(_logger, GrainId, where, e);

    public void CaughtUserCodeException(string callback, string where, Exception e) => Orleans.Log.CallbackFailed(_logger, GrainId, callback, e);

    public void Log(LogLevel level, string format, params object[] args)
    {
    }
}
