using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans;

/// <summary>Configures clients of silos with write-ahead logs.</summary>
public static class WriteAheadLogClientBuilderExtensions
{
    /// <summary>
    /// Lets a client receive the log store's exceptions, and their causes from MessagePack and Npgsql, as their own types. A client without
    /// this gets Orleans' fallback exception, which names the type and has the message.
    /// </summary>
    public static IClientBuilder AddWriteAheadLogErrors(this IClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddWriteAheadLogErrors();
        return builder;
    }

    internal static void AddWriteAheadLogErrors(this IServiceCollection services)
        => services.Configure<ExceptionSerializationOptions>(o => o.SupportedNamespacePrefixes.UnionWith(["Actors.Wal", "MessagePack", "Npgsql"]));
}
