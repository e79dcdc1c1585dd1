using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace Actors.Wal;

/// <summary>
/// The name of a stream: 1 to <see cref="MaxBytes"/> bytes of UTF-8, compared byte by byte.
/// It is data, stored in every frame, and never becomes a file name.
/// </summary>
public readonly struct LogStreamId : IEquatable<LogStreamId>
{
    /// <summary>The longest stream id, in bytes of UTF-8.</summary>
    public const int MaxBytes = 1024;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _value;

    /// <summary>Names a stream.</summary>
    /// <exception cref="ArgumentException">The name is empty, longer than <see cref="MaxBytes"/> bytes, or not valid Unicode.</exception>
    public LogStreamId(string value)
    {
        ArgumentException.ThrowIfNullOrEmpty(value);
        int bytes;
        try
        {
            bytes = StrictUtf8.GetByteCount(value);
        }
        catch (EncoderFallbackException e)
        {
            throw new ArgumentException($"The stream id has an unpaired surrogate at character {e.Index}; use valid Unicode.", nameof(value), e);
        }

        if (bytes > MaxBytes)
            throw new ArgumentException($"The stream id is {bytes} bytes of UTF-8; at most {MaxBytes} are allowed.", nameof(value));
        _value = value;
    }

    /// <summary>The name as text. Empty only for <c>default</c>, which no store accepts.</summary>
    public string Value => _value ?? "";

    /// <inheritdoc/>
    public bool Equals(LogStreamId other) => string.Equals(Value, other.Value, StringComparison.Ordinal);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => obj is LogStreamId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => Value.GetHashCode(StringComparison.Ordinal);

    /// <inheritdoc/>
    public override string ToString() => Value;

    /// <summary>Whether two ids name the same stream.</summary>
    public static bool operator ==(LogStreamId left, LogStreamId right) => left.Equals(right);

    /// <summary>Whether two ids name different streams.</summary>
    public static bool operator !=(LogStreamId left, LogStreamId right) => !left.Equals(right);

    internal byte[] ToBytes() => StrictUtf8.GetBytes(Value);

    /// <summary>Decodes a stored name; null when the bytes are not a valid name.</summary>
    internal static LogStreamId? FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length is 0 or > MaxBytes || !Utf8.IsValid(bytes))
            return null;
        return new LogStreamId(StrictUtf8.GetString(bytes));
    }
}
