using System.Reflection;
using Actors.Orleans.Tests.Grains;
using Actors.Orleans.Tests.Hosting;

namespace Actors.Orleans.Tests.Codecs;

/// <summary>
/// The same shapes through a cluster: an event of each is logged on one silo, replayed and restored from a checkpoint on the other one, and
/// sent to a grain there and to a client.
/// </summary>
public sealed class ShapeClusterTests
{
    [Theory]
    [InlineData(LogCodec.MessagePack)]
    [InlineData(LogCodec.Orleans)]
    public async Task Every_shape_goes_through_the_log_another_silo_and_a_client(LogCodec codec)
    {
        await using var backend = new LocalBackend();
        await using WalCluster cluster = await WalCluster.StartAsync(backend, silos: 2);
        MethodInfo check = typeof(ShapeClusterTests).GetMethod(nameof(CheckAsync), BindingFlags.NonPublic | BindingFlags.Static)!;
        var failures = new List<string>();
        foreach ((string name, object value) in ShapeTests.Values)
        {
            try
            {
                await (Task)check.MakeGenericMethod(value.GetType()).Invoke(null, [cluster, codec, name, value])!;
            }
            catch (Exception e)
            {
                failures.Add($"{name}: {e}");
            }
        }

        Assert.True(failures.Count == 0, string.Join(Environment.NewLine, failures));
    }

    private static async Task CheckAsync<T>(WalCluster cluster, LogCodec codec, string name, T value)
    {
        IShapeGrain<T> shape = Grain(name);
        await shape.Set(value);
        Assert.Equivalent(value, await shape.Get());
        for (int move = 0; move < 2; move++)
        {
            await cluster.MoveAsync(shape);
            Assert.Equivalent(value, await shape.Get());

            // From its own silo and from the other one, wherever the reader was placed.
            IShapeGrain<T> reader = Grain(name + "/reader");
            Assert.Equivalent(value, await reader.GetOf(name));
            await cluster.MoveAsync(reader);
            Assert.Equivalent(value, await reader.GetOf(name));

            // Now from a checkpoint.
            await shape.TakeCheckpoint();
        }

        IShapeGrain<T> Grain(string key)
            => codec == LogCodec.MessagePack ? cluster.Client.GetGrain<IPackedShapeGrain<T>>(key) : cluster.Client.GetGrain<IOrleansShapeGrain<T>>(key);
    }
}
