namespace Actors.Reliability.Layers;

/// <summary>All layers, in the order in which they run.</summary>
internal static class LayerCatalogue
{
    public static IReadOnlyList<Layer> All { get; } = 
    [
        new CrashLayer(),
        new ErrorLayer(),
        new FullDiskLayer(),
        new CorruptionLayer(),
        new DamageLayer(),
        new LargeStoreLayer(),
        new FormatLayer(),
        new SystemCallLayer(),
        new PowerLayer(),
        new SiloPowerLayer(),
        new ContentionLayer(),
        new ClusterLayer(),
        new MutantLayer(),
        new TestMutantLayer(),
    ];
}
