namespace Carnelian;

/// <summary>
/// Redis' patterns: <c>*</c> any bytes, <c>?</c> one byte, <c>[a-c]</c> and <c>[^x]</c> one of a set, <c>\</c> takes the next byte as it is.
/// </summary>
public static class GlobPattern
{
    /// <summary>Time is at most the product of both lengths: only the last star is ever taken up again.</summary>
    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        var (p, t, afterStar, starText) = (0, 0, -1, 0);
        while (t < text.Length)
        {
            if (p < pattern.Length && pattern[p] == '*')
            {
                afterStar = ++p;
                starText = t;
                if (p == pattern.Length) return true;
            }
            else if (p < pattern.Length && MatchOne(pattern, ref p, text[t], ignoreCase)) t++;
            else if (afterStar >= 0)
            {
                // The star takes one byte more.
                p = afterStar;
                t = ++starText;
            }
            else return false;
        }
        while (p < pattern.Length && pattern[p] == '*') p++;
        return p == pattern.Length;
    }

    /// <summary>Matches one byte and moves behind what matched it.</summary>
    private static bool MatchOne(ReadOnlySpan<byte> pattern, ref int p, byte c, bool ignoreCase)
    {
        switch (pattern[p])
        {
            case (byte)'?':
                p++;
                return true;
            case (byte)'[':
                return MatchSet(pattern, ref p, c, ignoreCase);
            case (byte)'\\' when p + 1 < pattern.Length:
                p++;
                break;
        }
        return Fold(pattern[p++], ignoreCase) == Fold(c, ignoreCase);
    }

    private static bool MatchSet(ReadOnlySpan<byte> pattern, ref int p, byte c, bool ignoreCase)
    {
        p++;
        var negated = p < pattern.Length && pattern[p] == '^';
        if (negated) p++;
        var found = false;
        c = Fold(c, ignoreCase);
        // A set that is not closed ends with the pattern.
        for (; p < pattern.Length && pattern[p] != ']'; p++)
        {
            if (pattern[p] == '\\' && p + 1 < pattern.Length)
            {
                found |= Fold(pattern[++p], ignoreCase) == c;
                continue;
            }
            var low = Fold(pattern[p], ignoreCase);
            var high = low;
            if (p + 2 < pattern.Length && pattern[p + 1] == '-') high = Fold(pattern[p += 2], ignoreCase);
            found |= low <= high ? low <= c && c <= high : high <= c && c <= low;
        }
        if (p < pattern.Length) p++;
        return found != negated;
    }

    private static byte Fold(byte c, bool ignoreCase) => ignoreCase && c is >= (byte)'A' and <= (byte)'Z' ? (byte)(c | 0x20) : c;
}
