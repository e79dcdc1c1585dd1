namespace Actors.Reliability.Disk;

/// <summary>The kinds of operations that change a disk.</summary>
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

/// <summary>An operation, and the path that it changes.</summary>
internal readonly record struct DiskOperation(DiskAction Action, string Path)
{
    public override string ToString() => $"{Action} {Path}";
}
