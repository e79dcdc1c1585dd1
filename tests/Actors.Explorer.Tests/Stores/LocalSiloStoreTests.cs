using Actors.Orleans;

namespace Actors.Explorer.Tests.Stores;

/// <summary>The rules of a silo's log, on files.</summary>
public sealed class LocalSiloStoreTests : SiloStoreRules
{
    private readonly TestDirectory _directory = new();

    protected override void Use(WriteAheadLogOptions options) => options.UseLocal(_directory.Path);

    protected override ValueTask CleanAsync()
    {
        _directory.Dispose();
        return ValueTask.CompletedTask;
    }
}
