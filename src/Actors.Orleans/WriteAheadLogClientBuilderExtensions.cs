using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans;

/// <summary>Prepares clients of silos with write-ahead logs.</summary>
public static class WriteAheadLogClientBuilderExtensions
{
    /// <summary>
    /// Lets the log store's own exceptions, and those of its codec and its database that are their causes, arrive as such. A client without this gets Orleans' fallback exception,
    /// which names the type and has the message.
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
