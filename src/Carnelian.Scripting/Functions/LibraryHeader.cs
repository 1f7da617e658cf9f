namespace Carnelian;

/// <summary>
/// The first line of a library, which names it:
/// <code>#!lua name=mylib</code>
/// </summary>
internal readonly record struct LibraryHeader(string Engine, string Name, int Length)
{
    /// <summary>Null: there is none, and the error says what is wrong.</summary>
    public static LibraryHeader? Read(ReadOnlySpan<byte> code, out string? error)
    {
        error = null;
        if (!code.StartsWith("#!"u8)) error = "Missing library metadata";
        var length = ByteText.UpToNul(code).IndexOf((byte)'\n');
        if (error is not null) return null;
        if (length < 0 || ArgumentSplitter.Split(code[..length]) is not { Count: > 0 } words)
        {
            error = "Invalid library metadata";
            return null;
        }
        var engine = ByteText.FromBytes(words[0].AsSpan(2));
        string? name = null;
        foreach (var word in words[1..])
        {
            var text = ByteText.FromBytes(ByteText.UpToNul(word));
            if (!text.StartsWith("name=", StringComparison.OrdinalIgnoreCase)) error = $"Invalid metadata value given: {text}";
            else if (name is not null) error = "Invalid metadata value, name argument was given multiple times";
            else name = text["name=".Length..];
            if (error is not null) return null;
        }
        if (name is not null) return new(engine, name, length);
        error = "Library name was not given";
        return null;
    }

    /// <summary>Letters, digits and underscores.</summary>
    public static bool IsName(string name) => name.Length > 0 && name.AsSpan().IndexOfAnyExcept(_letters) < 0;

    private static readonly System.Buffers.SearchValues<char> _letters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}
