namespace Carnelian;

/// <summary>How positions name the source of a chunk: "=name" and "@file" by themselves, anything else as the beginning of the text.</summary>
internal static class ChunkName
{
    /// <summary>With the byte that ends a string of C.</summary>
    public const int SizeMax = 60;

    /// <summary>In messages of the compiler.</summary>
    public const int SyntaxSizeMax = 80;

    public static LuaString Shorten(ReadOnlySpan<byte> source, int size = SizeMax)
    {
        var zero = source.IndexOf((byte)0);
        if (zero >= 0) source = source[..zero];
        if (source.StartsWith("="u8)) return LuaString.Of(source[1..Math.Min(source.Length, size)]);
        if (source.StartsWith("@"u8))
        {
            source = source[1..];
            var room = size - " '...' ".Length - 1;
            return source.Length > room ? LuaString.Of([.. "..."u8, .. source[^room..]]) : LuaString.Of(source);
        }
        var length = source.IndexOfAny((byte)'\n', (byte)'\r');
        if (length < 0) length = source.Length;
        length = Math.Min(length, size - " [string \"...\"] ".Length - 1);
        return length < source.Length ? LuaString.Of([.. "[string \""u8, .. source[..length], .. "...\"]"u8]) : LuaString.Of([.. "[string \""u8, .. source, .. "\"]"u8]);
    }
}
