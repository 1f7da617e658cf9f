using System.Buffers;
using System.Text;

namespace Carnelian;

/// <summary>
/// Text of the configuration is a <see cref="string"/> with one char per byte (Latin-1), so that nothing is lost of
/// what a file or a client holds: passwords may be any bytes. Values that are text to us (paths, names) are UTF-8.
/// </summary>
public static class ByteText
{
    private static readonly UTF8Encoding _strictUtf8 = new(false, throwOnInvalidBytes: true);

    public static string FromBytes(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static byte[] ToBytes(string byteText) => Encoding.Latin1.GetBytes(byteText);

    /// <summary>Bytes as a C string: what stands before the first NUL.</summary>
    public static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return end < 0 ? bytes : bytes[..end];
    }

    public static string FromText(string text) => Ascii.IsValid(text) ? text : FromBytes(Encoding.UTF8.GetBytes(text));

    /// <returns>Null when the bytes are no UTF-8.</returns>
    public static string? ToText(string byteText)
    {
        if (Ascii.IsValid(byteText)) return byteText;
        try
        {
            return _strictUtf8.GetString(ToBytes(byteText));
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    // Where Python's "surrogateescape" puts bytes from 0x80 up: no text in UTF-16 has these alone.
    private const char FirstEscape = '\udc80', LastEscape = '\udcff', EscapeBase = '\udc00';

    /// <summary>
    /// Byte text as text for a log or a terminal: what is UTF-8 as the characters that it stands for, any other byte as a lone surrogate,
    /// which <see cref="BytesOfShown"/> turns into that byte again.
    /// </summary>
    public static string ToShown(string byteText)
    {
        if (ToText(byteText) is { } valid) return valid;
        var bytes = ToBytes(byteText).AsSpan();
        var shown = new StringBuilder();
        while (bytes.Length > 0)
        {
            var isValid = Rune.DecodeFromUtf8(bytes, out var rune, out var used) == OperationStatus.Done;
            if (isValid) shown.Append(rune.ToString());
            else shown.Append((char)(EscapeBase + bytes[0]));
            bytes = bytes[(isValid ? used : 1)..];
        }
        return shown.ToString();
    }

    /// <summary>The bytes to write for a text that may hold parts made by <see cref="ToShown"/>; other text becomes UTF-8.</summary>
    public static byte[] BytesOfShown(string shown)
    {
        if (!shown.AsSpan().ContainsAnyInRange(FirstEscape, LastEscape)) return Encoding.UTF8.GetBytes(shown);
        var bytes = new ArrayBufferWriter<byte>(shown.Length);
        for (var rest = shown.AsSpan(); rest.Length > 0;)
        {
            var isText = Rune.DecodeFromUtf16(rest, out var rune, out var used) == OperationStatus.Done;
            if (!isText && rest[0] is >= FirstEscape and <= LastEscape) bytes.Write([(byte)(rest[0] - EscapeBase)]);
            else bytes.Advance(rune.EncodeToUtf8(bytes.GetSpan(4)));
            rest = rest[used..];
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary><see cref="ArgumentSplitter.Split"/> in terms of byte text.</summary>
    internal static string[]? Split(string line) => ArgumentSplitter.Split(ToBytes(line))?.Select(bytes => FromBytes(bytes)).ToArray();

    /// <summary><see cref="ArgumentSplitter.Quote"/> in terms of byte text.</summary>
    public static string Quote(string byteText) => FromBytes(ArgumentSplitter.Quote(ToBytes(byteText)));
}
