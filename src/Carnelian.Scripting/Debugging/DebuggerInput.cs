namespace Carnelian;

/// <summary>
/// Reads commands of the debugger: arrays of bulk strings, at most 1024 of 1 to 1024 bytes each. What stands before an array is passed over. Redis forgets what has come behind a command; here that is the next one.
/// </summary>
internal static class DebuggerInput
{
    private const int WordsMax = 1024, WordBytesMax = 1024, HeardBytesMax = 1 << 20;

    private const string Wrong = "protocol error", TooMuch = "max client buffer reached";

    /// <param name="used">So many bytes are done with.</param>
    /// <param name="error">The bytes are no command, and will not be one.</param>
    /// <returns>The words; null: there is an error, or more has to come.</returns>
    public static List<byte[]>? Read(ReadOnlySpan<byte> heard, out int used, out string? error)
    {
        used = 0;
        error = null;
        if (heard.IsEmpty) return null;
        var rest = heard;
        var begin = rest.IndexOf((byte)'*');
        if (begin < 0) error = Wrong;
        else
        {
            rest = rest[begin..];
            if (ReadWords(ref rest, ref error) is { } words)
            {
                used = heard.Length - rest.Length;
                return words;
            }
        }
        if (error is null && heard.Length > HeardBytesMax) error = TooMuch;
        if (error is not null) used = heard.Length;
        return null;
    }

    private static List<byte[]>? ReadWords(ref ReadOnlySpan<byte> rest, ref string? error)
    {
        if (!TryCount(ref rest, (byte)'*', WordsMax, ref error, out var count)) return null;
        var words = new List<byte[]>();
        while (words.Count < count)
        {
            if (!TryCount(ref rest, (byte)'$', WordBytesMax, ref error, out var length) || rest.Length < length + 2) return null;
            if (!rest[length..].StartsWith("\r\n"u8))
            {
                error = Wrong;
                return null;
            }
            words.Add(rest[..length].ToArray());
            rest = rest[(length + 2)..];
        }
        return words;
    }

    private static bool TryCount(ref ReadOnlySpan<byte> rest, byte type, int max, ref string? error, out int count)
    {
        count = 0;
        if (rest.IsEmpty) return false;
        if (rest[0] != type) error = Wrong;
        var end = rest.IndexOf("\r\n"u8);
        if (error is not null || end < 0) return false;
        count = IntegerText.ParseLeading(rest[1..end]);
        if (count <= 0 || count > max) error = Wrong;
        rest = rest[(end + 2)..];
        return error is null;
    }
}
