namespace Actors.Wal.Conformance;

/// <summary>Rules for the listing of streams, and for their names.</summary>
public abstract class ListRules(StoreBackend backend) : StoreRules(backend)
{
    // Names that a pattern, a path, a collation or a fixed-length text type could misinterpret.
    private static readonly string[] Names =
    [
        "a", "A", "a ", " a", "a/", "a/b", "a//b", "a/b/c", "a%", "a%b", "a_", "a_b", "axb", "a\\", "a\\%", "a*", "a?b", "a'b", "a\"b", "a;b", "[a]", "ä", "a\u0308", "æ", "ss", "ß", "I", "i", "İ", "ı",
        "ž", "日本", "日本語", "\U0001F600", "\U0001F600\U0001F601", "../../etc/passwd", "a\0b", "a\0", "a\nb", "\u0001", "\uFFFD", "\uFEFFa", "0", "00", "0x",
    ];

    [Fact]
    public async Task A_listing_shows_the_streams_with_a_prefix()
    {
        foreach (string name in new[] { "account/1", "account/2", "order/1" })
        {
            ILogStream stream = await OpenAsync(name);
            await stream.AppendManyAsync(3);
            if (name == "account/2")
                await stream.CheckpointAsync(new Sequence(2), Payloads.Of("state 2"));
            if (name != "order/1")
                await stream.DisposeAsync();
        }

        StreamInfo[] expected =
        [
            new(new LogStreamId("account/1"), new Sequence(3), new Sequence(1), null),
            new(new LogStreamId("account/2"), new Sequence(3), new Sequence(1), new Sequence(2)),
            new(new LogStreamId("order/1"), new Sequence(3), new Sequence(1), null),
        ];
        Assert.Equal(expected, await ListAsync());
        Assert.Equal(expected[..2], await ListAsync("account/"));
        Assert.Equal(expected[1..2], await ListAsync("account/2"));
        Assert.Empty(await ListAsync("account/22"));
        Assert.Empty(await ListAsync("ccount"));
        await ReopenAsync();
        Assert.Equal(expected, await ListAsync());
    }

    [Fact]
    public async Task Names_are_compared_byte_by_byte_and_never_as_patterns()
    {
        // All streams are open at the same time, so a mix-up of names would fence an owner.
        ILogStream[] streams = await Task.WhenAll(Names.Select(name => OpenAsync(name)));
        foreach (ILogStream stream in streams)
            await stream.AppendAsync(Payloads.Of(stream.Id.Value), Sequence.Zero);

        for (int opening = 0; opening < 2; opening++)
        {
            Assert.Equal(Names.Order(StringComparer.Ordinal), (await ListAsync()).Select(s => s.Id.Value));
            foreach (string prefix in Names)
            {
                Assert.Equal(
                    Names.Where(n => n.StartsWith(prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal),
                    (await ListAsync(prefix)).Select(s => s.Id.Value));
                await using ILogStream stream = await OpenAsync(prefix);
                Assert.Equal([$"Event 1 {prefix}"], await stream.ReplayAsync().TextsAsync());
                Assert.All(await stream.ReplayAsync().CopiesAsync(), r => Assert.Equal(prefix, r.Stream.Value));
            }

            await ReopenAsync();
        }
    }

    [Fact]
    public async Task Long_names_that_differ_at_their_end_are_different_streams()
    {
        string[] names =
        [
            new string('x', LogStreamId.MaxBytes), new string('x', LogStreamId.MaxBytes - 1), $"{new string('x', LogStreamId.MaxBytes - 1)}y",
            .. Enumerable.Range(0, 5).Select(i => $"{string.Concat(Enumerable.Repeat("ž", (LogStreamId.MaxBytes / 2) - 1))}{i}"),
        ];
        foreach (string name in names)
        {
            await using ILogStream stream = await OpenAsync(name);
            await stream.AppendAsync(Payloads.Of(name[^1].ToString()), Sequence.Zero);
        }

        Assert.Equal(names.Order(StringComparer.Ordinal), (await ListAsync()).Select(s => s.Id.Value));
        Assert.Equal(3, (await ListAsync(new string('x', 900))).Count);
        Assert.Equal(names[1..2], (await ListAsync(names[1])).Select(s => s.Id.Value).Where(n => n == names[1]));
        foreach (string name in names)
        {
            await using ILogStream stream = await OpenAsync(name);
            Assert.Equal([$"Event 1 {name[^1]}"], await stream.ReplayAsync().TextsAsync());
        }
    }

    [Fact]
    public async Task A_stream_is_there_from_its_first_append_until_it_is_deleted()
    {
        ILogStream stream = await OpenAsync();
        Assert.Empty(await ListAsync());
        await Assert.ThrowsAsync<SequenceConflictException>(async () => await stream.AppendAsync(Payloads.Of(1), new Sequence(5)));
        Assert.Empty(await ListAsync());
        await stream.AppendStateAsync(Payloads.Of("state 1"));
        Assert.Equal([new StreamInfo(Id, new Sequence(1), new Sequence(1), new Sequence(1))], await ListAsync());
        await stream.AppendManyAsync(2, 2);
        Assert.Equal([new StreamInfo(Id, new Sequence(3), new Sequence(1), new Sequence(1))], await ListAsync());
        await stream.TruncateAsync(new Sequence(2));
        Assert.Equal([new StreamInfo(Id, new Sequence(3), new Sequence(2), new Sequence(1))], await ListAsync());
        await stream.DeleteAsync();
        Assert.Empty(await ListAsync());
        await (await OpenAsync()).AppendAsync(Payloads.Of(1));
        Assert.Equal([new StreamInfo(Id, new Sequence(1), new Sequence(1), null)], await ListAsync());
    }

    [Fact]
    public async Task A_listing_takes_no_stream_from_its_owner()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendAsync(Payloads.Of(1));
        await ListAsync();
        Assert.True(stream.IsOwner);
        await stream.AppendAsync(Payloads.Of(2), new Sequence(1));
    }

    [Fact]
    public async Task Many_streams_are_listed_once_each_while_they_are_written()
    {
        const int Count = 500;
        await Task.WhenAll(Enumerable.Range(0, Count).Select(async i =>
        {
            await using ILogStream stream = await OpenAsync($"{i % 2}/{i}");
            await stream.AppendAsync(Payloads.Of(i));
        }));
        await using ILogStream busy = await OpenAsync("0/0");
        Task writing = Task.WhenAll(Enumerable.Range(0, 300).Select(i => busy.AppendAsync(Payloads.Of(i)).AsTask()));
        for (int round = 0; round < 5; round++)
        {
            Assert.Equal(Enumerable.Range(0, Count).Select(i => $"{i % 2}/{i}").Order(StringComparer.Ordinal), (await ListAsync()).Select(s => s.Id.Value));
            Assert.Equal(Count / 2, (await ListAsync("1/")).Count);
        }

        await writing;
    }

    [Fact]
    public async Task A_listing_ends_when_it_is_cancelled()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendAsync(Payloads.Of(1));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (StreamInfo info in Store.ListAsync(cancellationToken: new CancellationToken(canceled: true)))
                Assert.Fail($"{info.Id} was listed.");
        });
    }
}
