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

internal enum KeyBegin : byte { Unknown, Index, Keyword }

internal enum KeyFind : byte { Unknown, Range, KeyCount }

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
internal sealed class KeySpec
{
    private static readonly string[] _flagTexts =
        ["RO", "RW", "OW", "RM", "access", "update", "insert", "delete", "not_key", "incomplete", "variable_flags"];

    public KeyBegin Begin { get; private set; }

    public KeyFind Find { get; private set; }

    /// <summary>The position, or for a keyword where the search for it starts (negative: from the end, backwards).</summary>
    public int Index { get; private set; }

    public string? Keyword { get; private set; }

    /// <summary>Of a range, relative to the first key, or when negative to the end of the arguments.</summary>
    public int Last { get; private set; }

    public int Step { get; private set; }

    /// <summary>0 and 1: no limit; n: the first nth part of the arguments.</summary>
    public int Limit { get; private set; }

    /// <summary>Where the number of keys stands, relative to the begin.</summary>
    public int CountAt { get; private set; }

    /// <summary>Where the first of a number of keys stands, relative to the begin.</summary>
    public int First { get; private set; }

    public KeyFlags Flags { get; private set; }

    public string? Notes { get; private set; }

    /// <summary>In the order of the bits.</summary>
    public static ReadOnlySpan<string> FlagNames => _flagTexts;

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
            flags |= ParseFlag(words[i]) is var flag and not KeyFlags.None ? flag : throw Bad(text, $"there is no flag '{words[i]}'");
        }
        if (flags == KeyFlags.None) throw Bad(text, "flags are missing");

        var spec = new KeySpec { Flags = flags, Notes = notes };
        var (begin, find) = SplitPlace(words[0]);
        spec.ReadBegin(text, begin);
        if (spec.Begin != KeyBegin.Unknown && find != "?") spec.ReadFind(text, find);
        return spec;
    }

    private static (string Begin, string Find) SplitPlace(string place)
    {
        if (place == "?") return ("?", "?");
        var at = place.IndexOf("..", StringComparison.Ordinal);
        if (at < 0) at = place.IndexOfAny(['#', '?', ':']);
        return at < 0 ? (place, "") : (place.Substring(0, at), place.Substring(at));
    }

    private void ReadBegin(string text, string place)
    {
        if (place == "?") return;
        var at = place.IndexOf('@');
        Begin = at < 0 ? KeyBegin.Index : KeyBegin.Keyword;
        Index = Number(text, place.Substring(at + 1));
        if (at >= 0) Keyword = place.Substring(0, at);
        if (Begin == KeyBegin.Index && Index < 1) throw Bad(text, "an index is at least 1");
        if (Begin == KeyBegin.Keyword && (at == 0 || Index == 0)) throw Bad(text, "a keyword is WORD@FROM, FROM not 0");
    }

    private void ReadFind(string text, string find)
    {
        Step = 1;
        var colon = find.IndexOf(':');
        if (colon >= 0)
        {
            Step = Number(text, find.Substring(colon + 1));
            if (Step < 1) throw Bad(text, "a step is at least 1");
            find = find.Substring(0, colon);
        }
        Find = find.StartsWith("#", StringComparison.Ordinal) ? KeyFind.KeyCount : KeyFind.Range;
        if (Find == KeyFind.KeyCount) ReadCount(text, find.Substring(1));
        else if (find.Length > 0) ReadRange(text, find.Substring(2));
    }

    private void ReadCount(string text, string places)
    {
        First = 1;
        if (places.Length == 0) return;
        var comma = places.IndexOf(',');
        if (comma < 0) throw Bad(text, "'#' is followed by two numbers or none");
        CountAt = Number(text, places.Substring(0, comma));
        First = Number(text, places.Substring(comma + 1));
    }

    private void ReadRange(string text, string last)
    {
        var slash = last.IndexOf('/');
        if (slash >= 0)
        {
            Limit = Number(text, last.Substring(slash + 1));
            last = last.Substring(0, slash);
        }
        Last = Number(text, last);
        if (Limit != 0 && Last != -1) throw Bad(text, "only a range to -1 has a limit");
    }

    // By hand, as what the framework would do (comparers, cultures) takes milliseconds to set up when the process starts.
    private static KeyFlags ParseFlag(string word)
    {
        for (var i = 0; i < _flagTexts.Length; i++)
            if (_flagTexts[i] == word)
                return (KeyFlags)(1 << i);
        return KeyFlags.None;
    }

    /// <summary>A sign or none and one to three digits.</summary>
    private static int Number(string text, string digits)
    {
        var start = digits.Length > 0 && digits[0] is '-' or '+' ? 1 : 0;
        if (digits.Length - start is < 1 or > 3) throw Bad(text, $"'{digits}' is no small number");
        var number = 0;
        for (var i = start; i < digits.Length; i++)
            number = digits[i] is >= '0' and <= '9' ? (number * 10) + (digits[i] - '0') : throw Bad(text, $"'{digits}' is no small number");
        return digits[0] == '-' ? -number : number;
    }

    private static FormatException Bad(string text, string why) => new($"key spec '{text}': {why}");
}
