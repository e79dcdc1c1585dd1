namespace Actors.Reliability.Layers;

/// <summary>All layers, in the order in which they run.</summary>
internal static class LayerCatalogue
{
    public static IReadOnlyList<Layer> All { get; } = [new CrashLayer(), new ErrorLayer(), new CorruptionLayer(), new FormatLayer(), new PowerLayer(), new SiloPowerLayer(), new SystemCallLayer(), new MutantLayer()];
}
