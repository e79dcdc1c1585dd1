namespace Actors.Orleans;

/// <summary>
/// The version of a grain state's type. It is written into each checkpoint. A checkpoint with another version, or without one, is not used:
/// the state is rebuilt from the events, or made by an upcaster (<c>UpcastGrainState</c>). Raise the version when events change the state
/// in another way than before, for example when a member is added that is computed from events.
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

    /// <summary>A version by shape: a hash of the names and types of all members, and of the members of the program's own types among them.</summary>
    public GrainStateVersionAttribute()
    {
    }

    /// <summary>The version; null for a version by shape.</summary>
    public int? Version { get; }
}
