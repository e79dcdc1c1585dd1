using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Actors.Testing;

/// <summary>
/// A PostgreSQL server for the tests, in a temporary directory, on loopback. Its programs refuse to run as root, so root runs them as
/// the user postgres. If they are not installed, initialization does nothing, and only a test that uses the server is skipped:
/// a fixture that threw would also fail the tests that need no server.
/// </summary>
/// <param name="before">A program that runs the server's programs, with its arguments; empty to run them directly.</param>
/// <param name="address">An address to listen on besides loopback, open to every host of its /24 network; or null.</param>
public class PostgresServer(IReadOnlyList<string> before, IPAddress? address) : IAsyncDisposable
{
    private readonly string _directory = IsInstalled ? Directory.CreateTempSubdirectory("actors-postgres-").FullName : "";
    private readonly int _port = FreePorts.One();

    public PostgresServer()
        : this([], null)
    {
    }

    public string ConnectionString
    {
        get
        {
            RequirePrograms();
            return $"Host={address ?? IPAddress.Loopback};Port={_port};Username=postgres;Database=postgres;Maximum Pool Size=50";
        }
    }

    /// <summary>Whether the server's programs are on this machine.</summary>
    public static bool IsInstalled { get; } = Find("initdb") is not null;

    private string Data => Path.Combine(_directory, "data");

    public async ValueTask InitializeAsync()
    {
        if (!IsInstalled)
            return;
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", "postgres", _directory);
        await RunServerProgramAsync("initdb", "-D", Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        if (address is not null)
            await File.AppendAllTextAsync(Path.Combine(Data, "pg_hba.conf"), $"host all all {address}/24 trust{Environment.NewLine}");
        await StartAsync();
    }

    /// <summary>Makes this server a streaming replica of another one. Used in place of <see cref="InitializeAsync"/>.</summary>
    /// <param name="primary">The other server.</param>
    /// <param name="name">The name of this replica at the other server.</param>
    public async Task FollowAsync(PostgresServer primary, string name)
    {
        if (!IsInstalled)
            return;
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", "postgres", _directory);
        await RunServerProgramAsync(
            "pg_basebackup", "-D", Data, "-R", "-X", "stream", "-d", string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={primary._port} user=postgres application_name={name}"), "--no-sync");
        await StartAsync();
    }

    /// <summary>Promotes a replica: it stops following its primary and accepts writes.</summary>
    public Task PromoteAsync() => RunServerProgramAsync("pg_ctl", "-D", Data, "-w", "promote");

    /// <summary>Copies a schema to another server by dump and restore.</summary>
    public async Task DumpAsync(string schema, PostgresServer target)
    {
        string file = Path.Combine(_directory, schema + ".sql");
        await RunServerProgramAsync("pg_dump", "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-n", schema, "-f", file, "postgres");
        await File.AppendAllTextAsync(file, "ANALYZE;");
        await RunServerProgramAsync("psql", "-h", "127.0.0.1", "-p", target._port.ToString(CultureInfo.InvariantCulture), "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-q", "-f", file, "postgres");
    }

    /// <param name="settings">Further server settings: <c>-c name=value</c>.</param>
    public Task StartAsync(string settings = "") => RunServerProgramAsync(
        "pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_directory, "log"), "-o", $"-p {_port} -c listen_addresses=127.0.0.1{(address is null ? "" : $",{address}")} -k {_directory} -c max_connections=200 {settings}", "start");

    /// <summary>Stops the server as a crash does, or with another mode of <c>pg_ctl</c>.</summary>
    public Task CrashAsync(string mode = "immediate") => RunServerProgramAsync("pg_ctl", "-D", Data, "-m", mode, "stop");

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (!IsInstalled)
            return;
        await RunServerProgramAsync("pg_ctl", "-D", Data, "-m", "immediate", "stop");
        Directory.Delete(_directory, recursive: true);
    }

    private Task RunServerProgramAsync(string program, params string[] arguments)
    {
        RequirePrograms();
        string path = Find(program) ?? throw new FileNotFoundException($"PostgreSQL's program {program} is not beside initdb; install the server again.");
        string[] command = Environment.IsPrivilegedProcess
            ? [.. before, "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments]
            : [.. before, path, .. arguments];
        return RunAsync(command[0], command[1..]);
    }

    private static void RequirePrograms()
        => Prerequisite.Require(IsInstalled, "Needs PostgreSQL's server programs; install them (Debian: apt-get install postgresql).");

    private static string? Find(string program)
    {
        const string DebianPrograms = "/usr/lib/postgresql";
        IEnumerable<string> folders = Directory.Exists(DebianPrograms)
            ? Directory.EnumerateDirectories(DebianPrograms).OrderByDescending(d => int.TryParse(Path.GetFileName(d), out int version) ? version : 0).Select(d => Path.Combine(d, "bin"))
            : [];
        return Programs.Find(program, folders);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        // No pipes: the started server inherits them and would keep them open.
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "cd / && exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", program, .. arguments]))!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with code {process.ExitCode}.");
    }
}
