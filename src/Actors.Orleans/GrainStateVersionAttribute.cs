namespace Actors.Orleans;

/// <summary>
/// The version of a grain state's type. It is written into each checkpoint. A checkpoint of another version, or of none, is not used:
/// the state is rebuilt from the events, or made by an upcaster (<c>UpcastGrainState</c>). Raise it when what events do to the state
/// changes, as when a member is added that is computed from events.
/// </summary>
[AttributeUsage(AttributeTargets.Class, Inherited = false)]
public sealed class GrainStateVersionAttribute : Attribute
{
    /// <summary>A version by number.</summary>
    /// <param name="version">1 or more.</param>
    public GrainStateVersionAttribute(int version)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(version, 1);
        Version = version;
    }

    /// <summary>A version by shape: a hash of the names and types of all members, also of the program's own types that they are made of.</summary>
    public GrainStateVersionAttribute()
    {
    }

    /// <summary>The number; null by shape.</summary>
    public int? Version { get; }
}
