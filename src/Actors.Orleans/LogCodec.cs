namespace Actors.Orleans;

/// <summary>How events and states are encoded. Each frame records the format that was used, so old records stay readable after a change.</summary>
public enum LogCodec
{
    /// <summary>MessagePack for types that are marked for it (<c>[MessagePackObject]</c>, <c>[Union]</c>), the Orleans serializer for others. The default.</summary>
    Auto = 0,

    /// <summary>MessagePack: readable without the types.</summary>
    MessagePack = 1,

    /// <summary>The Orleans serializer.</summary>
    Orleans = 2,
}
