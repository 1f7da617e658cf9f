using System.Globalization;

namespace Carnelian;

/// <summary>How a command treats a key. Names and order are those of COMMAND INFO.</summary>
[Flags]
public enum KeyFlags : ushort
{
    None = 0,
    RO = 1 << 0,
    RW = 1 << 1,
    OW = 1 << 2,
    RM = 1 << 3,

    /// <summary>Returns, copies or uses the user's data.</summary>
    Access = 1 << 4,
    Update = 1 << 5,
    Insert = 1 << 6,
    Delete = 1 << 7,

    /// <summary>Routed like a key in a cluster, but none (a sharded channel).</summary>
    NotKey = 1 << 8,

    /// <summary>The command may have more keys of this kind than the spec finds.</summary>
    Incomplete = 1 << 9,

    /// <summary>Other flags may hold, depending on the arguments.</summary>
    VariableFlags = 1 << 10,
}

public enum KeyBegin : byte { Unknown, Index, Keyword }

public enum KeyFind : byte { Unknown, Range, KeyCount }

/// <summary>
/// Where keys stand among the arguments of a command (position 0 is its name), as Redis' key specifications: first a
/// place to begin, then how keys follow from there. The text form, several divided by ";":
/// <code>
/// specs  = spec *( "; " spec )
/// spec   = begin [ find ] *( " " flag ) [ " (" note ")" ]
/// begin  = INDEX             at this position
///        | WORD "@" FROM     after this word, searched from a position (negative: from the end, backwards)
///        | "?"               cannot be told (find is then unknown too)
/// find   =                   that one key
///        | ".." LAST [ "/" LIMIT ] [ ":" STEP ]     a range. LAST is "+1" (relative to the first) or "-1" (from the end);
///                            with LIMIT 2 only the first half of what follows are keys
///        | "#" [ COUNT-AT "," FIRST ] [ ":" STEP ]  a number of keys, then they (0,1: relative to where it begins)
///        | "?"               cannot be told
/// flag   = RO RW OW RM access update insert delete not_key incomplete variable_flags
/// </code>
/// GET: <c>1 RO access</c>. MSET: <c>1..-1:2 OW update</c>. EVAL: <c>2# RW access update</c>. XREAD: <c>STREAMS@1..-1/2 RO access</c>.
/// Also compiled into the generator, which checks declarations with it.
/// </summary>
public readonly struct KeySpec(KeyBegin begin, int index, string? keyword, KeyFind find, int last, int step, int limit, int countAt, int first, KeyFlags flags, string? notes)
{
    private static readonly string[] FlagTexts =
        ["RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags"];

    public KeyBegin Begin { get; } = begin;

    public KeyFind Find { get; } = find;

    /// <summary>The position, or for a keyword where the search for it starts (negative: from the end, backwards).</summary>
    public int Index { get; } = index;

    public string? Keyword { get; } = keyword;

    /// <summary>Of a range, relative to the first key, or when negative to the end of the arguments.</summary>
    public int Last { get; } = last;

    public int Step { get; } = step;

    /// <summary>0 and 1: no limit; n: the first nth part of the arguments.</summary>
    public int Limit { get; } = limit;

    /// <summary>Where the number of keys stands, relative to the begin.</summary>
    public int CountAt { get; } = countAt;

    /// <summary>Where the first of a number of keys stands, relative to the begin.</summary>
    public int First { get; } = first;

    public KeyFlags Flags { get; } = flags;

    public string? Notes { get; } = notes;

    /// <summary>In the order of the bits.</summary>
    public static ReadOnlySpan<string> FlagNames => FlagTexts;

    /// <exception cref="FormatException">The text is none of the forms above.</exception>
    public static KeySpec[] ParseAll(string? text)
    {
        if (string.IsNullOrEmpty(text)) return [];
        var specs = new List<KeySpec>(2);
        for (var start = 0; start < text!.Length;)
        {
            var end = EndOfSpec(text, start);
            specs.Add(Parse(text.Substring(start, end - start).Trim()));
            start = end + 1;
        }
        return specs.ToArray();
    }

    /// <summary>The next ";" that stands in no note.</summary>
    private static int EndOfSpec(string text, int start)
    {
        var note = text.IndexOf(" (", start, StringComparison.Ordinal);
        var end = text.IndexOf(';', start);
        if (note >= 0 && (end < 0 || note < end))
        {
            // A note may hold ";" and parentheses: it ends where its spec can end.
            end = text.IndexOf(");", note, StringComparison.Ordinal);
            if (end >= 0) end++;
        }
        return end < 0 ? text.Length : end;
    }

    private static KeySpec Parse(string text)
    {
        string? notes = null;
        var noteAt = text.IndexOf(" (", StringComparison.Ordinal);
        if (noteAt >= 0)
        {
            if (!text.EndsWith(")", StringComparison.Ordinal)) throw Bad(text, "the note has no closing parenthesis");
            notes = text.Substring(noteAt + 2, text.Length - noteAt - 3);
            text = text.Substring(0, noteAt);
        }
        var words = text.Split([' '], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0) throw Bad(text, "a place is missing");

        var flags = KeyFlags.None;
        for (var i = 1; i < words.Length; i++)
        {
            var bit = Array.IndexOf(FlagTexts, words[i]);
            if (bit < 0) throw Bad(text, $"there is no flag '{words[i]}'");
            flags |= (KeyFlags)(1 << bit);
        }
        if (flags == KeyFlags.None) throw Bad(text, "flags are missing");

        var (place, find) = SplitPlace(words[0]);
        var (begin, index, keyword) = ParseBegin(text, place);
        if (begin == KeyBegin.Unknown || find == "?")
            return new(begin, index, keyword, KeyFind.Unknown, 0, 0, 0, 0, 0, flags, notes);

        var step = 1;
        var colon = find.IndexOf(':');
        if (colon >= 0)
        {
            step = Number(text, find.Substring(colon + 1));
            if (step < 1) throw Bad(text, "a step is at least 1");
            find = find.Substring(0, colon);
        }
        if (find.StartsWith("#", StringComparison.Ordinal))
        {
            var (countAt, first) = (0, 1);
            if (find.Length > 1)
            {
                var comma = find.IndexOf(',');
                if (comma < 0) throw Bad(text, "'#' is followed by two numbers or none");
                (countAt, first) = (Number(text, find.Substring(1, comma - 1)), Number(text, find.Substring(comma + 1)));
            }
            return new(begin, index, keyword, KeyFind.KeyCount, 0, step, 0, countAt, first, flags, notes);
        }
        if (find.Length == 0) return new(begin, index, keyword, KeyFind.Range, 0, step, 0, 0, 0, flags, notes);

        var limit = 0;
        find = find.Substring(2);
        var slash = find.IndexOf('/');
        if (slash >= 0)
        {
            limit = Number(text, find.Substring(slash + 1));
            find = find.Substring(0, slash);
        }
        var last = Number(text, find);
        if (limit != 0 && last != -1) throw Bad(text, "only a range to -1 has a limit");
        return new(begin, index, keyword, KeyFind.Range, last, step, limit, 0, 0, flags, notes);
    }

    private static (string Begin, string Find) SplitPlace(string place)
    {
        if (place == "?") return ("?", "?");
        var at = place.IndexOf("..", StringComparison.Ordinal);
        if (at < 0) at = place.IndexOfAny(['#', '?', ':']);
        return at < 0 ? (place, "") : (place.Substring(0, at), place.Substring(at));
    }

    private static (KeyBegin, int, string?) ParseBegin(string text, string place)
    {
        if (place == "?") return (KeyBegin.Unknown, 0, null);
        var at = place.IndexOf('@');
        if (at < 0)
        {
            var index = Number(text, place);
            return index < 1 ? throw Bad(text, "an index is at least 1") : (KeyBegin.Index, index, null);
        }
        var from = Number(text, place.Substring(at + 1));
        return at == 0 || from == 0 ? throw Bad(text, "a keyword is WORD@FROM, FROM not 0") : (KeyBegin.Keyword, from, place.Substring(0, at));
    }

    private static int Number(string text, string digits) =>
        int.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var n) && Math.Abs(n) < 1000
            ? n
            : throw Bad(text, $"'{digits}' is no small number");

    private static FormatException Bad(string text, string why) => new($"key spec '{text}': {why}");
}
