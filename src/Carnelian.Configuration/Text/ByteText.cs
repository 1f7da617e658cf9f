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

    /// <summary><see cref="ArgumentSplitter.Split"/> in terms of byte text.</summary>
    internal static string[]? Split(string line) => ArgumentSplitter.Split(ToBytes(line))?.Select(bytes => FromBytes(bytes)).ToArray();

    /// <summary><see cref="ArgumentSplitter.Quote"/> in terms of byte text.</summary>
    public static string Quote(string byteText) => FromBytes(ArgumentSplitter.Quote(ToBytes(byteText)));
}
