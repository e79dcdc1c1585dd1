using System.Buffers;
using System.Collections;

namespace Actors.Wal.Conformance;

/// <summary>Rules for lists that throw or change, and for disposed memory: an append is whole or rejected; the stream stays usable.</summary>
public abstract class CallerRules(StoreBackend backend) : StoreRules(backend)
{
    [Fact]
    public async Task A_list_that_throws_in_the_middle_leaves_nothing_of_its_append()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendAsync(Payloads.Of(1));
        await Assert.ThrowsAsync<CallerException>(async () => await stream.AppendAsync(new HostileList([Payloads.Of("x"), Payloads.Of("y"), Payloads.Of("z")], throwsAt: 2)));
        await OnlyTheseAsync(stream, 1);
    }

    [Fact]
    public async Task A_list_that_throws_in_an_atomic_append_leaves_nothing_in_any_stream()
    {
        await using ILogStream debit = await OpenAsync();
        await using ILogStream credit = await OpenAsync("credit");
        await debit.AppendAsync(Payloads.Of(1));
        await credit.AppendAsync(Payloads.Of(1));
        await Assert.ThrowsAsync<CallerException>(async () => await Store.AppendAtomicAsync(
            [new StreamAppend(debit, [Payloads.Of("debit")]), new StreamAppend(credit, new HostileList([Payloads.Of("credit")], throwsAt: 0))]));
        await OnlyTheseAsync(debit, 1);
        await using ILogStream reopened = await OpenAsync("credit");
        await OnlyTheseAsync(reopened, 1);
    }

    [Fact]
    public async Task A_payload_whose_memory_is_gone_is_refused_and_the_next_append_is_whole()
    {
        await using ILogStream stream = await OpenAsync();
        await stream.AppendAsync(Payloads.Of(1));
        var gone = new OwnedMemory([1, 2, 3]);
        ReadOnlyMemory<byte> payload = gone.Memory;
        ((IDisposable)gone).Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.AppendAsync(new EventData(payload)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.AppendAsync([Payloads.Of("x"), new EventData(payload)]));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.AppendStateAsync(new EventData(payload)));
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await stream.CheckpointAsync(new Sequence(1), new EventData(payload)));
        await OnlyTheseAsync(stream, 1);
    }

    [Fact]
    public async Task Memory_that_is_no_array_is_appended_too_and_may_go_once_the_call_was_made()
    {
        await using ILogStream stream = await OpenAsync();
        var memory = new OwnedMemory("event 1"u8.ToArray());
        ValueTask<AppendResult> append = stream.AppendAsync(new EventData(memory.Memory));
        ((IDisposable)memory).Dispose();
        await append;
        await OnlyTheseAsync(stream, 1);
    }

    [Fact]
    public async Task A_list_that_changes_after_the_call_changes_nothing_of_the_append()
    {
        await using ILogStream stream = await OpenAsync();
        var events = new List<EventData> { Payloads.Of(1), Payloads.Of(2) };
        ValueTask<AppendResult> append = stream.AppendAsync(events);
        events.Clear();
        await append;
        await OnlyTheseAsync(stream, 2);
    }

    [Fact]
    public async Task A_list_without_events_is_refused_whatever_it_says_of_its_length_later()
    {
        await using ILogStream stream = await OpenAsync();
        await Assert.ThrowsAsync<ArgumentException>(async () => await stream.AppendAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAtomicAsync([]));
        await Assert.ThrowsAsync<ArgumentException>(async () => await Store.AppendAtomicAsync([new StreamAppend(stream, [])]));
        await OnlyTheseAsync(stream, 0);
    }

    /// <summary>Checks that the stream has exactly these events and accepts another append, and that all of them survive a reopening.</summary>
    private async Task OnlyTheseAsync(ILogStream stream, int events)
    {
        Assert.Equal(new Sequence(events), stream.Head);
        await stream.AppendAsync(Payloads.Of(events + 1), new Sequence(events));
        Assert.Equal(Events(1, events + 1), await HistoryAsync(stream));
        await ReopenAsync();
        Assert.Equal(Events(1, events + 1), await Store.ReplayAsync(stream.Id).TextsAsync());
    }

    private sealed class CallerException : Exception;

    private sealed class HostileList(EventData[] events, int throwsAt) : IReadOnlyList<EventData>
    {
        public int Count => events.Length;

        public EventData this[int index] => index == throwsAt ? throw new CallerException() : events[index];

        public IEnumerator<EventData> GetEnumerator() => Enumerable.Range(0, Count).Select(i => this[i]).GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }

    private sealed class OwnedMemory(byte[] bytes) : MemoryManager<byte>
    {
        private bool _isGone;

        public override Memory<byte> Memory => CreateMemory(bytes.Length);

        public override Span<byte> GetSpan() => _isGone ? throw new ObjectDisposedException(nameof(OwnedMemory)) : bytes;

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing) => _isGone = true;
    }
}
