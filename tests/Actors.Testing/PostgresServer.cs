using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Actors.Testing;

/// <summary>
/// A PostgreSQL server of the tests' own, in a temporary directory, on loopback. Needs the server's programs; run as root it
/// runs them as the user postgres, because they refuse root.
/// </summary>
/// <param name="before">A program to run it under, with its arguments; none for this machine itself.</param>
/// <param name="address">An address to listen on beside that of loopback, which everybody of its network may connect to; or null.</param>
public class PostgresServer(IReadOnlyList<string> before, IPAddress? address) : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("actors-postgres-").FullName;
    private readonly int _port = FreePorts.One();

    public PostgresServer()
        : this([], null)
    {
    }

    public string ConnectionString => $"Host={address ?? IPAddress.Loopback};Port={_port};Username=postgres;Database=postgres;Maximum Pool Size=50";

    /// <summary>Whether the server's programs are on this machine.</summary>
    public static bool IsInstalled => Programs("initdb").Any(File.Exists);

    private string Data => Path.Combine(_directory, "data");

    public async ValueTask InitializeAsync()
    {
        if (Environment.UserName == "root")
            await RunAsync("chown", "postgres", _directory);
        await RunServerProgramAsync("initdb", "-D", Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        if (address is not null)
            await File.AppendAllTextAsync(Path.Combine(Data, "pg_hba.conf"), $"host all all {address}/24 trust{Environment.NewLine}");
        await StartAsync();
    }

    /// <summary>Makes it a copy of another server that follows it, in place of <see cref="InitializeAsync"/>.</summary>
    /// <param name="primary">The other server.</param>
    /// <param name="name">What the other server knows it by.</param>
    public async Task FollowAsync(PostgresServer primary, string name)
    {
        if (Environment.UserName == "root")
            await RunAsync("chown", "postgres", _directory);
        await RunServerProgramAsync(
            "pg_basebackup", "-D", Data, "-R", "-X", "stream", "-d", string.Create(CultureInfo.InvariantCulture, $"host=127.0.0.1 port={primary._port} user=postgres application_name={name}"), "--no-sync");
        await StartAsync();
    }

    /// <summary>Lets a server that follows another one follow it no longer, and be written to.</summary>
    public Task PromoteAsync() => RunServerProgramAsync("pg_ctl", "-D", Data, "-w", "promote");

    /// <param name="settings">More of the server's settings: <c>-c name=value</c>.</param>
    public Task StartAsync(string settings = "") => RunServerProgramAsync(
        "pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_directory, "log"), "-o", $"-p {_port} -c listen_addresses=127.0.0.1{(address is null ? "" : $",{address}")} -k {_directory} -c max_connections=200 {settings}", "start");

    /// <summary>Stops the server as a crash does.</summary>
    public Task CrashAsync() => RunServerProgramAsync("pg_ctl", "-D", Data, "-m", "immediate", "stop");

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await RunServerProgramAsync("pg_ctl", "-D", Data, "-m", "immediate", "stop");
        Directory.Delete(_directory, recursive: true);
    }

    private Task RunServerProgramAsync(string program, params string[] arguments)
    {
        string path = Find(program);
        string[] command = Environment.UserName == "root"
            ? [.. before, "setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments]
            : [.. before, path, .. arguments];
        return RunAsync(command[0], command[1..]);
    }

    private static string Find(string program)
        => Programs(program).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"There is no {program}: these tests start a PostgreSQL server. Install its programs (Debian: apt-get install postgresql).");

    private static IEnumerable<string> Programs(string program)
    {
        const string DebianPrograms = "/usr/lib/postgresql";
        IEnumerable<string> folders = Directory.Exists(DebianPrograms)
            ? Directory.EnumerateDirectories(DebianPrograms).OrderByDescending(d => int.TryParse(Path.GetFileName(d), out int version) ? version : 0).Select(d => Path.Combine(d, "bin"))
            : [];
        return folders.Concat((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')).Select(f => Path.Combine(f, program));
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        // Not redirected: a server that is started keeps what its starter was given.
        using Process process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "cd / && exec \"$@\" >/dev/null 2>&1 </dev/null", "sh", program, .. arguments]))!;
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with code {process.ExitCode}.");
    }
}
