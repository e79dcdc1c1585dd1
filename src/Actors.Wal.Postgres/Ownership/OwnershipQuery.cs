using System.Globalization;
using System.Threading.Channels;
using Actors.Wal.Postgres.Schema;
using Actors.Wal.Postgres.Servers;
using Actors.Wal.Postgres.Streams;
using Npgsql;
using NpgsqlTypes;

namespace Actors.Wal.Postgres.Ownership;

/// <summary>
/// Asks the server whether this store still owns streams. It owns a stream if the last row has its number and epoch, is not a tombstone, and
/// is not before the last row that the store knows. Questions that arrive while an answer is on its way share the next query.
/// </summary>
internal sealed class OwnershipQuery : IAsyncDisposable
{
    private const int MostAtOnce = 1000;

    private readonly PostgresLogStoreOptions _options;
    private readonly long _owner;
    private readonly string _sql;
    private readonly Session _session;
    private readonly Channel<Question> _asked = Channel.CreateUnbounded<Question>(new UnboundedChannelOptions { SingleReader = true });
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _running;

    public OwnershipQuery(PostgresLogStoreOptions options, long owner)
    {
        _options = options;
        _owner = owner;
        _session = new Session(options.DataSource);
        string tombstone = ((short)RowKind.Tombstone).ToString(CultureInfo.InvariantCulture);
        _sql = $"""
            SELECT NULL::bigint WHERE pg_is_in_recovery()
            UNION ALL
            SELECT x.place FROM unnest($2::bigint[], $3::int[], $4::bigint[], $5::int[]) WITH ORDINALITY AS x(id, epoch, seq, sub, place)
            WHERE (SELECT e.epoch = x.epoch AND e.owner = $1 AND e.kind <> {tombstone} AND (e.seq, e.sub) >= (x.seq, x.sub) FROM {Migrations.Quote(options.Schema)}.event e
                   WHERE e.stream_id = x.id ORDER BY e.seq DESC, e.sub DESC LIMIT 1) IS NOT TRUE
            """;
        _running = Task.Run(RunAsync);
    }

    /// <summary>Returns whether this store owns a stream, as of a moment after the call. A stream that it does not own is marked as lost.</summary>
    /// <exception cref="StoreUnreachableException">The server could not be asked for <see cref="PostgresLogStoreOptions.Patience"/>.</exception>
    public async Task<bool> IsOwnerAsync(OwnedStream stream)
    {
        var question = new Question(stream);
        ObjectDisposedException.ThrowIf(!_asked.Writer.TryWrite(question), typeof(PostgresLogStore));
        return await question.IsOwner.Task.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        _asked.Writer.TryComplete();
        await _closing.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _closing.Dispose();
        await _session.DisposeAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (await _asked.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            var questions = new List<Question>();
            while (questions.Count < MostAtOnce && _asked.Reader.TryRead(out Question? question))
                questions.Add(question);
            try
            {
                HashSet<long> lost = await ServerWait.DoAsync(_options.Patience, _options.Time, () => LostOfAsync(questions), _closing.Token).ConfigureAwait(false);
                for (int i = 0; i < questions.Count; i++)
                    questions[i].Answer(!lost.Contains(i + 1));
            }
            catch (Exception e)
            {
                foreach (Question question in questions)
                    question.IsOwner.TrySetException(new StoreUnreachableException($"Who owns stream '{question.Stream.Name}' could not be asked: {ServerErrors.Explain(e)}", e));
            }
        }
    }

    /// <summary>
    /// Returns the questions, numbered from 1, whose stream another owner has opened or whose rows are gone. It does not return streams,
    /// because two owners of one stream may ask, of which one still owns it.
    /// </summary>
    private async Task<HashSet<long>> LostOfAsync(List<Question> questions)
    {
        try
        {
            NpgsqlConnection connection = await _session.ConnectAsync(_closing.Token).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(_sql, connection);
            command.Parameters.Add(new NpgsqlParameter<long> { TypedValue = _owner });
            RowKey[] last = [.. questions.Select(q => q.Stream.Tail.Last)];
            AddArray(command, NpgsqlDbType.Bigint, questions.Select(q => q.Stream.Id));
            AddArray(command, NpgsqlDbType.Integer, questions.Select(q => q.Stream.Epoch));
            AddArray(command, NpgsqlDbType.Bigint, last.Select(k => k.Seq));
            AddArray(command, NpgsqlDbType.Integer, last.Select(k => k.Sub));
            await command.PrepareAsync(_closing.Token).ConfigureAwait(false);
            var lost = new HashSet<long>();
            await using NpgsqlDataReader reader = await command.ExecuteReaderAsync(_closing.Token).ConfigureAwait(false);
            while (await reader.ReadAsync(_closing.Token).ConfigureAwait(false))
                lost.Add(reader.IsDBNull(0) ? throw new TimeoutException("The server is a standby, and may not know the last owner yet.") : reader.GetInt64(0));
            return lost;
        }
        catch
        {
            await _session.DropAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static void AddArray<T>(NpgsqlCommand command, NpgsqlDbType type, IEnumerable<T> values)
        => command.Parameters.Add(new NpgsqlParameter { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | type });

    private sealed record Question(OwnedStream Stream)
    {
        public TaskCompletionSource<bool> IsOwner { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Answer(bool isOwner)
        {
            if (!isOwner)
                Stream.Lose(OwnedStream.OvertakenReason);
            IsOwner.TrySetResult(isOwner);
        }
    }
}
