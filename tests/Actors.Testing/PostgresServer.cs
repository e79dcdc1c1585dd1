using System.Diagnostics;

namespace Actors.Testing;

/// <summary>
/// A PostgreSQL server of the tests' own, in a temporary directory, on loopback. Needs the server's programs; run as root it
/// runs them as the user postgres, because they refuse root.
/// </summary>
public class PostgresServer : IAsyncDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("actors-postgres-").FullName;
    private readonly int _port = FreePorts.One();

    public string ConnectionString => $"Host=127.0.0.1;Port={_port};Username=postgres;Database=postgres;Maximum Pool Size=50";

    /// <summary>Whether the server's programs are on this machine.</summary>
    public static bool IsInstalled => Programs("initdb").Any(File.Exists);

    private string Data => Path.Combine(_directory, "data");

    public async ValueTask InitializeAsync()
    {
        if (Environment.UserName == "root")
            await RunAsync("chown", "postgres", _directory);
        await RunServerProgramAsync("initdb", "-D", Data, "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        await StartAsync();
    }

    /// <param name="settings">More of the server's settings: <c>-c name=value</c>.</param>
    public Task StartAsync(string settings = "") => RunServerProgramAsync(
        "pg_ctl", "-D", Data, "-w", "-l", Path.Combine(_directory, "log"), "-o", $"-p {_port} -c listen_addresses=127.0.0.1 -k {_directory} -c max_connections=200 {settings}", "start");

    /// <summary>Stops the server as a crash does.</summary>
    public Task CrashAsync() => RunServerProgramAsync("pg_ctl", "-D", Data, "-m", "immediate", "stop");

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await RunServerProgramAsync("pg_ctl", "-D", Data, "-m", "immediate", "stop");
        Directory.Delete(_directory, recursive: true);
    }

    private static Task RunServerProgramAsync(string program, params string[] arguments)
    {
        string path = Find(program);
        return Environment.UserName == "root"
            ? RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments])
            : RunAsync(path, arguments);
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
