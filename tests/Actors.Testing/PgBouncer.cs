using System.Data.Common;
using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;

namespace Actors.Testing;

/// <summary>
/// PgBouncer between a store and a server, on loopback. PgBouncer refuses to run as root, so root starts it as the user postgres.
/// If it is not installed, a test that requests one is skipped.
/// </summary>
public sealed class PgBouncer : IAsyncDisposable
{
    private static readonly string? Program = Programs.Find("pgbouncer");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(10);

    private readonly string _directory;
    private readonly int _port = FreePorts.One();
    private readonly string _connectionString;
    private Process? _process;

    private PgBouncer(string connectionString, string poolMode, string ignored, string user)
    {
        Prerequisite.Require(IsInstalled, "Needs PgBouncer; install it (Debian: apt-get install pgbouncer).");
        var server = new DbConnectionStringBuilder { ConnectionString = connectionString };
        _connectionString = new DbConnectionStringBuilder { ConnectionString = connectionString, ["Host"] = "127.0.0.1", ["Port"] = _port }.ConnectionString;
        _directory = Directory.CreateTempSubdirectory("actors-pgbouncer-").FullName;
        File.WriteAllText(UserFile, $"\"{user}\" \"\"\n");
        File.WriteAllText(ConfigurationFile, string.Create(CultureInfo.InvariantCulture, $"""
            [databases]
            * = host={server["Host"]} port={server["Port"]}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {_port}
            unix_socket_dir =
            auth_type = trust
            auth_file = {UserFile}
            pool_mode = {poolMode}
            default_pool_size = 50
            server_login_retry = 1
            ignore_startup_parameters = {ignored}
            """));
        if (!OperatingSystem.IsWindows() && Environment.IsPrivilegedProcess)
            File.SetUnixFileMode(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute);
    }

    public static bool IsInstalled => Program is not null;

    /// <summary>The connection string of the server through the pooler.</summary>
    public string ConnectionString => _connectionString;

    private string ConfigurationFile => Path.Combine(_directory, "pgbouncer.ini");

    private string UserFile => Path.Combine(_directory, "users.txt");

    /// <param name="connectionString">The connection string of the server.</param>
    /// <param name="poolMode">How long a client keeps a session of the server: <c>session</c>, <c>transaction</c> or <c>statement</c>.</param>
    /// <param name="ignored">The startup parameters that the pooler ignores. It refuses other unknown ones.</param>
    /// <param name="user">The user that the pooler accepts.</param>
    public static async Task<PgBouncer> StartAsync(string connectionString, string poolMode, string ignored = "extra_float_digits", string user = "postgres")
    {
        var pooler = new PgBouncer(connectionString, poolMode, ignored, user);
        await pooler.StartAsync();
        return pooler;
    }

    /// <summary>Kills the pooler. Its clients and the server see their connections end.</summary>
    public async Task KillAsync()
    {
        if (_process is { } process)
        {
            process.Kill();
            await process.WaitForExitAsync();
            process.Dispose();
        }

        _process = null;
    }

    public async Task StartAsync()
    {
        string[] command = Environment.IsPrivilegedProcess
            ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", Program!, "--quiet", ConfigurationFile]
            : [Program!, "--quiet", ConfigurationFile];
        _process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.OutputDataReceived += (_, _) => { };
        _process.ErrorDataReceived += (_, _) => { };
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        long begun = Stopwatch.GetTimestamp();
        while (!await ListensAsync())
        {
            if (_process.HasExited || Stopwatch.GetElapsedTime(begun) > Patience)
                throw new InvalidOperationException("PgBouncer did not start.");
            await Task.Delay(Poll, TimeProvider.System);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(_directory, recursive: true);
    }

    private async Task<bool> ListensAsync()
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", _port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
