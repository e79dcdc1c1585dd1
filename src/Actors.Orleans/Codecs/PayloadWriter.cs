using System.Buffers;

namespace Actors.Orleans.Codecs;

/// <summary>A pooled buffer for an encoded payload. It is in use until its append has returned.</summary>
internal sealed class PayloadWriter : IBufferWriter<byte>
{
    private const int MinBytes = 256;

    // A buffer that has grown for a large state is not kept for the small events that follow.
    private const int MaxKeptBytes = 64 * 1024;
    private const int MaxFreePerThread = 256;

    // Appends and acknowledgements run on the same threads, so each thread has its own free buffers.
    [ThreadStatic]
    private static Stack<PayloadWriter>? _free;

    private byte[] _buffer = new byte[MinBytes];
    private int _written;
    private int _front;

    public ReadOnlyMemory<byte> Written => _buffer.AsMemory(0, _written);

    /// <summary>The encoded value, without the keys and the version in front of it.</summary>
    public ReadOnlyMemory<byte> Value => _buffer.AsMemory(_front, _written - _front);

    public static PayloadWriter Rent() => _free is { } free && free.TryPop(out PayloadWriter? writer) ? writer : new PayloadWriter();

    public static void Return(PayloadWriter writer)
    {
        writer._written = 0;
        writer._front = 0;
        Stack<PayloadWriter> free = _free ??= new Stack<PayloadWriter>();
        if (writer._buffer.Length <= MaxKeptBytes && free.Count < MaxFreePerThread)
            free.Push(writer);
    }

    /// <summary>Marks the end of the keys and version; the value follows.</summary>
    public void EndFront() => _front = _written;

    public void Advance(int count) => _written += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _buffer.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Ensure(sizeHint);
        return _buffer.AsSpan(_written);
    }

    private void Ensure(int sizeHint)
    {
        int needed = _written + Math.Max(sizeHint, 1);
        if (needed > _buffer.Length)
            Array.Resize(ref _buffer, Math.Max(needed, _buffer.Length * 2));
    }
}
