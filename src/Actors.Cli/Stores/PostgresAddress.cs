using System.Data.Common;
using System.Globalization;
using Actors.Wal.Copying;
using Actors.Wal.Postgres;
using Npgsql;

namespace Actors.Cli.Stores;

/// <summary>
/// A store in a schema of a PostgreSQL database: <c>postgres://USER@HOST:PORT/DATABASE?schema=NAME</c>, with more of Npgsql's keywords
/// behind the question mark, or Npgsql's own <c>Host=…;Database=…;Schema=…</c>.
/// </summary>
internal sealed class PostgresAddress : StoreAddress
{
    private const string SchemaKey = "Schema";
    private const string DefaultSchema = "actors";

    // The names that psql and libpq use, where Npgsql has others.
    private static readonly Dictionary<string, string> Keywords = new(StringComparer.OrdinalIgnoreCase)
    {
        ["application_name"] = "Application Name",
        ["connect_timeout"] = "Timeout",
        ["dbname"] = "Database",
        ["sslcert"] = "SSL Certificate",
        ["sslkey"] = "SSL Key",
        ["sslmode"] = "SSL Mode",
        ["sslrootcert"] = "Root Certificate",
        ["target_session_attrs"] = "Target Session Attributes",
        ["user"] = "Username",
    };

    private readonly NpgsqlConnectionStringBuilder _connection;

    private PostgresAddress(NpgsqlConnectionStringBuilder connection, string schema)
    {
        _connection = connection;
        _connection.ApplicationName ??= "walctl";
        Schema = schema;
    }

    public string Schema { get; }

    public static bool IsOne(string text)
        => text.StartsWith("postgres://", StringComparison.OrdinalIgnoreCase)
            || text.StartsWith("postgresql://", StringComparison.OrdinalIgnoreCase)
            || text.Split(';').Any(p => p.TrimStart().StartsWith("Host=", StringComparison.OrdinalIgnoreCase) || p.TrimStart().StartsWith("Server=", StringComparison.OrdinalIgnoreCase));

    /// <exception cref="ArgumentException">The text is not an address.</exception>
    public static new PostgresAddress Parse(string text)
    {
        var connection = new NpgsqlConnectionStringBuilder();
        string schema = DefaultSchema;
        foreach ((string key, string value) in text.Contains("://", StringComparison.Ordinal) ? FromUri(text) : FromKeywords(text))
        {
            if (key.Equals(SchemaKey, StringComparison.OrdinalIgnoreCase))
                schema = value;
            else
                Set(connection, key, value);
        }

        if (string.IsNullOrWhiteSpace(schema))
            throw new ArgumentException("The schema of a PostgreSQL store must have a name.");
        if (string.IsNullOrEmpty(connection.Host))
            throw new ArgumentException($"'{Secrets.Hide(text)}' names no host: write postgres://USER@HOST/DATABASE?schema=actors.");
        return new PostgresAddress(connection, schema);
    }

    /// <summary>Returns the options of the store, with a data source that the store owns.</summary>
    public PostgresLogStoreOptions Options() => new() { DataSource = PostgresConnections.CreateDataSource(_connection.ConnectionString), OwnsDataSource = true, Schema = Schema };

    public override Task<ILogReader> OpenReaderAsync(CancellationToken cancellationToken) => TryAsync<ILogReader>(async () => await PostgresLogReader.OpenAsync(Options(), cancellationToken));

    public override async Task<ILogStore> OpenStoreAsync(CancellationToken cancellationToken)
    {
        (await OpenReaderAsync(cancellationToken)).Dispose(); // fails if there is no store, instead of creating one
        return await TryAsync<ILogStore>(async () => await PostgresLogStore.OpenAsync(Options(), cancellationToken));
    }

    public override CopySource CopyFrom() => PostgresLogStoreCopy.From(Options());

    public override CopyTarget CopyTo() => PostgresLogStoreCopy.To(Options());

    /// <summary>Runs an action on the store. If the store is missing or unsuitable, the command reports an error in its arguments.</summary>
    public static async Task<T> TryAsync<T>(Func<Task<T>> action)
    {
        try
        {
            return await action();
        }
        catch (InvalidOperationException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    public override string ToString()
    {
        string user = _connection.Username is { Length: > 0 } name ? Uri.EscapeDataString(name) + "@" : "";
        string port = _connection.Port == NpgsqlConnection.DefaultPort ? "" : string.Create(CultureInfo.InvariantCulture, $":{_connection.Port}");
        return $"postgres://{user}{_connection.Host}{port}/{Uri.EscapeDataString(_connection.Database ?? "")}?schema={Uri.EscapeDataString(Schema)}";
    }

    private static IEnumerable<KeyValuePair<string, string>> FromUri(string text)
    {
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri))
            throw new ArgumentException($"'{Secrets.Hide(text)}' is no URI: write postgres://USER@HOST:PORT/DATABASE?schema=actors, with % codes for what has a meaning in it.");
        if (uri.Host.Length > 0)
            yield return new("Host", uri.Host.Trim('[', ']'));
        if (uri.Port > 0)
            yield return new("Port", uri.Port.ToString(CultureInfo.InvariantCulture));
        string[] user = uri.UserInfo.Split(':', 2);
        if (user[0].Length > 0)
            yield return new("Username", Uri.UnescapeDataString(user[0]));
        if (user.Length == 2)
            yield return new("Password", Uri.UnescapeDataString(user[1]));
        string database = uri.AbsolutePath.TrimStart('/');
        if (database.Length > 0)
            yield return new("Database", Uri.UnescapeDataString(database));
        foreach (string parameter in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] pair = parameter.Split('=', 2);
            yield return new(Decode(pair[0]), pair.Length == 2 ? Decode(pair[1]) : "");
        }
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));

    private static IEnumerable<KeyValuePair<string, string>> FromKeywords(string text)
    {
        var parts = new DbConnectionStringBuilder();
        try
        {
            parts.ConnectionString = text;
        }
        catch (ArgumentException)
        {
            throw new ArgumentException($"'{Secrets.Hide(text)}' is no connection string: write Host=…;Database=…;Schema=actors.");
        }

        return parts.Keys.Cast<string>().Select(k => new KeyValuePair<string, string>(k, parts[k].ToString()!));
    }

    private static void Set(NpgsqlConnectionStringBuilder connection, string key, string value)
    {
        try
        {
            string keyword = Keywords.GetValueOrDefault(key, key);
            connection[keyword] = keyword == "SSL Mode" ? value.Replace("-", "", StringComparison.Ordinal) : value;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or KeyNotFoundException or OverflowException or InvalidCastException)
        {
            throw new ArgumentException(connection.ContainsKey(Keywords.GetValueOrDefault(key, key))
                ? $"'{key}' of a PostgreSQL store can't be '{Secrets.Hide($"{key}={value}")[(key.Length + 1)..]}'."
                : $"'{key}' is nothing that a PostgreSQL store's address can say: it takes 'schema', and what Npgsql takes, such as 'sslmode' and 'passfile'.");
        }
    }
}
