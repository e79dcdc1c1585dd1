using MessagePack;

namespace Actors.Orleans.Tests.Examples;

public interface IMemberGrain : IGrainWithStringKey
{
    Task Rename(string name);

    Task<int> Visit();

    Task<string> Describe();
}

// <example>
[MessagePackObject]
public sealed class Profile
{
    [Key(0)] public string Name { get; set; } = "";
}

[MessagePackObject]
public sealed class Visits
{
    [Key(0)] public int Count { get; set; }
}

[GrainType("member")]
public sealed class MemberGrain(
    [PersistentState("profile", "wal")] IPersistentState<Profile> profile,
    [PersistentState("visits", "wal")] IPersistentState<Visits> visits) : Grain, IMemberGrain
{
    public async Task Rename(string name)
    {
        profile.State.Name = name;
        await profile.WriteStateAsync();   // durable when this returns; the visits are not touched
    }

    public async Task<int> Visit()
    {
        visits.State.Count++;
        await visits.WriteStateAsync();
        return visits.State.Count;
    }

    public Task<string> Describe() => Task.FromResult($"{profile.State.Name}, {visits.State.Count} visits");
}
// </example>
