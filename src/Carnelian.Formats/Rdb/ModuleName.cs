namespace Carnelian;

/// <summary>Names of modules' types as files have them: nine letters of six bits, above ten bits for the version of the module's own format.</summary>
public static class ModuleName
{
    public const int Length = 9;

    private const int VersionBits = 10, LetterBits = 6;

    private static ReadOnlySpan<byte> Letters => "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8;

    public static string Of(ulong id)
    {
        Span<byte> name = stackalloc byte[Length];
        Write(id, name);
        return System.Text.Encoding.ASCII.GetString(name);
    }

    public static void Write(ulong id, Span<byte> name)
    {
        id >>= VersionBits;
        for (var i = Length - 1; i >= 0; i--, id >>= LetterBits) name[i] = Letters[(int)(id & (1 << LetterBits) - 1)];
    }

    public static ulong IdOf(ReadOnlySpan<byte> name, int version)
    {
        Check.That(name.Length == Length);
        ulong id = 0;
        foreach (var letter in name) id = id << LetterBits | (uint)Letters.IndexOf(letter);
        return id << VersionBits | (uint)version;
    }

    /// <summary>The type of a value that is kept as files have it: its ID comes first.</summary>
    public static ReadOnlySpan<byte> OfValue(ReadOnlySpan<byte> value, Span<byte> scratch)
    {
        var reader = new RdbReader(value);
        Check.That(reader.TryLength(out ulong id));
        Write(id, scratch);
        return scratch[..Length];
    }

    /// <summary>The class of a key's metadata (Redis 8.6): four letters, above five bits for a version and three for flags.</summary>
    public static string OfMetadata(uint spec)
    {
        const int letters = 4, lowBits = 8;
        Span<char> name = stackalloc char[letters];
        spec >>= lowBits;
        for (var i = letters - 1; i >= 0; i--, spec >>= LetterBits) name[i] = (char)Letters[(int)(spec & (1 << LetterBits) - 1)];
        return new(name);
    }
}
