using Microsoft.Extensions.DependencyInjection;

namespace Actors.Orleans.Hosting;

/// <summary>Checks at the silo's start that the write-ahead log exists in which another provider keeps its data.</summary>
internal sealed class LogNameValidator(IServiceProvider services, string user, string logName) : IConfigurationValidator
{
    public void ValidateConfiguration() => Require(services, user, logName);

    /// <exception cref="OrleansConfigurationException">There is no such log.</exception>
    public static LogStoreHost Require(IServiceProvider services, string user, string logName)
        => services.GetKeyedService<LogStoreHost>(logName)
            ?? throw new OrleansConfigurationException($"{user} is to be kept in write-ahead log '{logName}', and there is none of that name. Add it with AddWriteAheadLog, or in the section Orleans:GrainStorage:{logName}.");
}
