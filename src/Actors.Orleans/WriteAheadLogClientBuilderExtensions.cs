using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;

namespace Actors.Orleans;

/// <summary>Prepares clients of silos with write-ahead logs.</summary>
public static class WriteAheadLogClientBuilderExtensions
{
    /// <summary>
    /// Lets the log store's own exceptions arrive as such. A client without this gets Orleans' fallback exception,
    /// which names the type and has the message.
    /// </summary>
    public static IClientBuilder AddWriteAheadLogErrors(this IClientBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.Services.AddWriteAheadLogErrors();
        return builder;
    }

    internal static void AddWriteAheadLogErrors(this IServiceCollection services)
        => services.Configure<ExceptionSerializationOptions>(o => o.SupportedNamespacePrefixes.Add("Actors.Wal"));
}
