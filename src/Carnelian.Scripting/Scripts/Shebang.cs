namespace Carnelian;

/// <summary>
/// The first line of a script that says by whom it is to be run and what it declares:
/// <code>#!lua flags=no-writes,allow-stale</code>
/// </summary>
internal readonly record struct Shebang(ScriptFlags Flags, int Length)
{
    /// <summary>Reads it; a script without one declares nothing. Null: it has a first line that is none, and the error says why.</summary>
    public static Shebang? Read(ReadOnlySpan<byte> script, out string? error)
    {
        error = null;
        if (!script.StartsWith("#!"u8)) return new(ScriptFlags.Undeclared, 0);
        var length = ByteText.UpToNul(script).IndexOf((byte)'\n');
        if (length < 0)
        {
            error = "Invalid script shebang";
            return null;
        }
        if (ArgumentSplitter.Split(script[..length]) is not { Count: > 0 } words)
        {
            error = "Invalid engine in script shebang";
            return null;
        }
        if (!words[0].AsSpan().SequenceEqual("#!lua"u8))
        {
            error = $"Unexpected engine in script shebang: {Shown(words[0])}";
            return null;
        }
        var flags = ScriptFlags.None;
        foreach (var word in words[1..])
        {
            error = ReadOption(word, ref flags);
            if (error is not null) return null;
        }
        return new(flags, length);
    }

    private static string? ReadOption(ReadOnlySpan<byte> word, ref ScriptFlags flags)
    {
        if (!word.StartsWith("flags="u8)) return $"Unknown lua shebang option: {Shown(word)}";
        var names = word["flags="u8.Length..];
        if (names.IsEmpty) return null;
        foreach (var range in names.Split((byte)','))
        {
            if (!ScriptFlagNames.TryFind(ByteText.UpToNul(names[range]), StringComparison.Ordinal, out var flag)) return $"Unexpected flag in script shebang: {Shown(names[range])}";
            flags |= flag;
        }
        return null;
    }

    private static string Shown(ReadOnlySpan<byte> word) => ByteText.FromBytes(ByteText.UpToNul(word));
}
