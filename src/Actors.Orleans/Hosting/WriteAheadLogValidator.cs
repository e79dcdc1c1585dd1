using Microsoft.Extensions.Options;

namespace Actors.Orleans.Hosting;

/// <summary>Checks a provider's options before the silo starts.</summary>
internal sealed class WriteAheadLogValidator(string name, IOptionsMonitor<WriteAheadLogOptions> options) : IConfigurationValidator
{
    public void ValidateConfiguration() => options.Get(name).Validate(name);
}
