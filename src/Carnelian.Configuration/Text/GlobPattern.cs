namespace Carnelian;

/// <summary>
/// The patterns of KEYS, SCAN MATCH, PSUBSCRIBE, CONFIG GET and ACL rules: <c>*</c>, <c>?</c>, <c>[a-z]</c>, <c>[^x]</c>
/// and <c>\</c> before any of them, over bytes. Behaves as Redis' <c>stringmatchlen</c>, odd corners included: an
/// unclosed class ends with the pattern, a reversed range is turned round, and bytes from 128 sort below the others.
/// </summary>
public static class GlobPattern
{
    // A star costs one level of the stack; a hostile pattern of many stars must neither exhaust it nor the clock.
    private const int NestingMax = 1000;

    public static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase = false)
    {
        var hopeless = false;
        return Matches(pattern, text, ignoreCase, ref hopeless, 0);
    }

    /// <summary>Whether the text holds a character that makes it a pattern; without one a plain look-up does.</summary>
    public static bool IsPattern(ReadOnlySpan<byte> text) => text.IndexOfAny("[*?"u8) >= 0;

    /// <param name="hopeless">
    /// Set once the part behind a star matches nowhere in the rest of the text. An earlier star would only try it
    /// further to the right, in a part of the same rest, so the whole search ends: it stays quadratic.
    /// </param>
    private static bool Matches(ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> text, bool ignoreCase, ref bool hopeless, int nesting)
    {
        if (nesting > NestingMax) return false;
        while (pattern.Length > 0 && text.Length > 0)
        {
            switch (pattern[0])
            {
                case (byte)'*':
                    return MatchesStar(pattern.TrimStart((byte)'*'), text, ignoreCase, ref hopeless, nesting);
                case (byte)'?':
                    pattern = pattern[1..];
                    break;
                case (byte)'[':
                    pattern = pattern[1..];
                    if (!MatchesClass(ref pattern, text[0], ignoreCase)) return false;
                    break;
                default:
                    if (pattern[0] == '\\' && pattern.Length >= 2) pattern = pattern[1..];
                    if (!Same(pattern[0], text[0], ignoreCase)) return false;
                    pattern = pattern[1..];
                    break;
            }
            text = text[1..];
            if (text.Length == 0) pattern = pattern.TrimStart((byte)'*');
        }
        return pattern.Length == 0 && text.Length == 0;
    }

    private static bool MatchesStar(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> text, bool ignoreCase, ref bool hopeless, int nesting)
    {
        if (rest.Length == 0) return true;
        for (; text.Length > 0; text = text[1..])
        {
            if (Matches(rest, text, ignoreCase, ref hopeless, nesting + 1)) return true;
            if (hopeless) return false;
        }
        hopeless = true;
        return false;
    }

    /// <param name="pattern">Enters behind the opening bracket, leaves behind the closing one or empty.</param>
    private static bool MatchesClass(ref ReadOnlySpan<byte> pattern, byte value, bool ignoreCase)
    {
        var rest = pattern;
        var negated = rest.Length > 0 && rest[0] == '^';
        if (negated) rest = rest[1..];
        var found = false;
        while (rest.Length > 0 && rest[0] != ']')
        {
            if (rest[0] == '\\' && rest.Length >= 2)
            {
                // Redis compares an escaped byte exactly, even when it ignores case.
                found |= rest[1] == value;
                rest = rest[2..];
            }
            else if (rest.Length >= 3 && rest[1] == '-')
            {
                found |= InRange(rest[0], rest[2], value, ignoreCase);
                rest = rest[3..];
            }
            else
            {
                found |= Same(rest[0], value, ignoreCase);
                rest = rest[1..];
            }
        }
        pattern = rest.Length > 0 ? rest[1..] : rest;
        return found != negated;
    }

    private static bool InRange(byte first, byte last, byte value, bool ignoreCase)
    {
        // Signed, as char is where Redis is built for x86. The ends change places before the case is folded.
        var (low, high) = ((sbyte)first, (sbyte)last);
        if (low > high) (low, high) = (high, low);
        if (!ignoreCase) return (sbyte)value >= low && (sbyte)value <= high;
        return (sbyte)Lower(value) >= (sbyte)Lower((byte)low) && (sbyte)Lower(value) <= (sbyte)Lower((byte)high);
    }

    private static bool Same(byte a, byte b, bool ignoreCase) => a == b || (ignoreCase && Lower(a) == Lower(b));

    private static byte Lower(byte value) => value is >= (byte)'A' and <= (byte)'Z' ? (byte)(value | 0x20) : value;
}
