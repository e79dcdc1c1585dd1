using System.Reflection;
using Microsoft.Extensions.DependencyInjection;

namespace Actors.Orleans.Tests.Hosting;

/// <summary>
/// A silo that does not stop in order, because it is killed or refused at its start, leaves its grain directory asking for changes of
/// the membership again and again, without a pause, for as long as the process lives. This ends that with the silo's services.
/// </summary>
internal sealed class DirectoryEnd(IServiceProvider services) : ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    private const string Directory = "Orleans.Runtime.GrainDirectory.LocalGrainDirectory";

    private static readonly Type Type = typeof(global::Orleans.Runtime.Silo).Assembly.GetType(Directory, throwOnError: true)!;
    private static readonly MethodInfo Stop = Type.GetMethod("StopAsync", System.Type.EmptyTypes)!;

    private object? _directory;

    public void Participate(ISiloLifecycle lifecycle) => _directory = services.GetService(Type);

    public async ValueTask DisposeAsync()
    {
        try
        {
            if (_directory is not null)
                await (Task)Stop.Invoke(_directory, null)!;
        }
        catch (ObjectDisposedException)
        {
            // It was stopped in order.
        }
    }
}

internal static class DirectoryEndExtensions
{
    public static ISiloBuilder EndDirectory(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<DirectoryEnd>();
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(s => s.GetRequiredService<DirectoryEnd>());
        return silo;
    }
}
