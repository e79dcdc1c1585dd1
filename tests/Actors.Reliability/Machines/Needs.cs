namespace Actors.Reliability.Machines;

/// <summary>The requirements of the layers besides .NET. Each method returns those that this machine lacks.</summary>
internal static class Needs
{
    /// <summary>Requirements to mount file systems and shut them down.</summary>
    public static IReadOnlyList<string> MissingForLoopDisks() => [.. Missing(
        ("Linux", OperatingSystem.IsLinux()),
        ("root", Environment.IsPrivilegedProcess),
        ("loop devices (/dev/loop-control)", File.Exists("/dev/loop-control")),
        ("mkfs.ext4 (package e2fsprogs)", IsInstalled("mkfs.ext4")),
        ("mkfs.xfs (package xfsprogs)", IsInstalled("mkfs.xfs")))];

    /// <summary>Requirements to make the system calls of a process fail.</summary>
    public static IReadOnlyList<string> MissingForTracing() => [.. Missing(("strace", IsInstalled("strace")))];

    /// <summary>Requirements to start a PostgreSQL server.</summary>
    public static IReadOnlyList<string> MissingForPostgres() => [.. Missing(
        ("Linux", OperatingSystem.IsLinux()),
        ("PostgreSQL's server programs (package postgresql)", PostgresServer.IsInstalled))];

    /// <summary>Requirements to start a PostgreSQL server and a pooler.</summary>
    public static IReadOnlyList<string> MissingForPooler() => [.. MissingForPostgres(), .. Missing(("PgBouncer (package pgbouncer)", PgBouncer.IsInstalled))];

    /// <summary>Requirements to create networks and cut their links.</summary>
    public static IReadOnlyList<string> MissingForNetworks() => [.. Missing(
        ("Linux", OperatingSystem.IsLinux()),
        ("root", Environment.IsPrivilegedProcess),
        ("ip (package iproute2)", IsInstalled("ip")),
        ("nsenter (package util-linux)", IsInstalled("nsenter")))];

    private static bool IsInstalled(string program) => Programs.Find(program) is not null;

    private static IEnumerable<string> Missing(params (string Name, bool IsThere)[] needs) => needs.Where(n => !n.IsThere).Select(n => n.Name);
}
