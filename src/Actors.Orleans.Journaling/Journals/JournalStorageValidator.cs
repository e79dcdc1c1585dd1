using Actors.Orleans.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace Actors.Orleans.Journaling.Journals;

/// <summary>Checks at the silo's start that the write-ahead log of a journal storage is there.</summary>
internal sealed class JournalStorageValidator(IServiceProvider services, string name, string logName) : IConfigurationValidator
{
    public void ValidateConfiguration()
    {
        if (services.GetKeyedService<LogStoreHost>(logName) is null)
            throw new OrleansConfigurationException($"Journal storage '{name}' is on write-ahead log '{logName}', and there is none of that name; add it with AddWriteAheadLog or in Orleans:GrainStorage:{logName}.");
    }
}
