namespace Carnelian;

/// <summary>What files have of modules: names in numbers, and values of parts that say what they are, so that they can be passed over.</summary>
internal static class RdbModule
{
    private const int NameLength = 9, VersionBits = 10, LetterBits = 6;

    private enum Part : byte
    {
        End = 0,
        Signed = 1,
        Unsigned = 2,
        Float = 3,
        Double = 4,
        Text = 5,
    }

    /// <summary>Nine letters of six bits, above the version of the module's format.</summary>
    public static string NameOf(ulong id)
    {
        const string letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        Span<char> name = stackalloc char[NameLength];
        id >>= VersionBits;
        for (var i = NameLength - 1; i >= 0; i--, id >>= LetterBits) name[i] = letters[(int)(id & (1 << LetterBits) - 1)];
        return new(name);
    }

    /// <summary>Passes over the parts of a value, up to its end.</summary>
    public static bool TrySkip(scoped ref RdbReader input, RdbScratch scratch)
    {
        while (input.TryLength(out var part))
        {
            var isRead = (Part)part switch
            {
                Part.End => true,
                Part.Signed or Part.Unsigned => input.TryLength(out _),
                Part.Float => input.TryBytes(sizeof(float), out _),
                Part.Double => input.TryBytes(sizeof(double), out _),
                Part.Text => input.TryString(scratch, out _),
                _ => input.Fail("unknown part of a module's value"),
            };
            if (!isRead || part == (ulong)Part.End) return isRead;
        }
        return false;
    }
}
