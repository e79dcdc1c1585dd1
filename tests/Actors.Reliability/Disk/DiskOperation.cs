namespace Actors.Reliability.Disk;

/// <summary>The kinds of operations that change something on a disk.</summary>
internal enum DiskAction
{
    Create,
    CreateDirectory,
    Write,
    Allocate,
    Truncate,
    Sync,
    Rename,
    Delete,
    SyncDirectory,
}

/// <summary>One operation, and what it is done to.</summary>
internal readonly record struct DiskOperation(DiskAction Action, string Path)
{
    public override string ToString() => $"{Action} {Path}";
}
