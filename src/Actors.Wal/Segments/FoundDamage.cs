namespace Actors.Wal.Segments;

/// <summary>The damage that was found since the store was opened, one place per file.</summary>
internal sealed class FoundDamage
{
    private readonly Lock _gate = new();
    private IReadOnlyList<LogCorruptException> _all = [];

    public IReadOnlyList<LogCorruptException> All => Volatile.Read(ref _all);

    /// <summary>Notes damage.</summary>
    /// <returns>Whether it is the first in its file.</returns>
    public bool Note(LogCorruptException damage)
    {
        lock (_gate)
        {
            if (All.Any(d => d.File == damage.File))
                return false;
            Volatile.Write(ref _all, [.. All, damage]);
            return true;
        }
    }
}
