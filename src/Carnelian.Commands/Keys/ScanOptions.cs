namespace Carnelian;

/// <summary>The options of the SCAN family.</summary>
internal readonly ref struct ScanOptions
{
    public long Count { get; private init; }

    public ReadOnlySpan<byte> Pattern { get; private init; }

    public bool HasPattern { get; private init; }

    private ReadOnlySpan<byte> Type { get; init; }

    public bool HasType { get; private init; }

    public static bool TryCursor(ref Call call, int argument, out ulong cursor)
    {
        if (TryParseCursor(call.Args[argument], out cursor)) return true;
        call.Fail("ERR invalid cursor");
        return false;
    }

    /// <summary>
    /// A number of 64 bits: what Redis writes, or else what C's strtoull makes of the text, which ends at a zero byte and may
    /// begin with blanks and a sign (util.c, string2ull).
    /// </summary>
    private static bool TryParseCursor(ReadOnlySpan<byte> text, out ulong cursor)
    {
        text = ByteText.UpToNul(text);
        if (IntegerText.TryParse(text, out var number))
        {
            cursor = (ulong)number;
            return number >= 0;
        }
        text = text.TrimStart(" \t\n\v\f\r"u8);
        var negative = text.StartsWith("-"u8);
        if (negative || text.StartsWith("+"u8)) text = text[1..];
        if (!System.Buffers.Text.Utf8Parser.TryParse(text, out cursor, out var used) || used < text.Length) return false;
        if (negative) cursor = 0 - cursor;
        return true;
    }

    /// <summary>NOVALUES: the names of fields alone.</summary>
    public bool NoValues { get; private init; }

    /// <summary>NOSCORES, of Valkey: the members of a sorted set alone.</summary>
    public bool NoScores { get; private init; }

    public static ScanOptions Read(ref Call call, int first, bool acceptsType, bool acceptsNoValues = false, bool acceptsNoScores = false)
    {
        var options = new ScanOptions();
        long count = 10;
        var reader = new OptionReader(call.Args, first);
        while (reader.Next())
        {
            if (reader.TakesInteger("count"u8, ref count, min: 1)) { }
            else if (reader.Takes("match"u8, out var argument))
            {
                var pattern = call.Args[argument];
                options = options with { Pattern = pattern, HasPattern = !pattern.SequenceEqual("*"u8) };
            }
            else if (acceptsType && reader.Takes("type"u8, out argument)) options = options with { Type = call.Args[argument], HasType = true };
            else if (acceptsNoScores && reader.Is("noscores"u8)) options = options with { NoScores = true };
            else if (!reader.Is("novalues"u8)) reader.FailSyntax();
            else if (acceptsNoValues) options = options with { NoValues = true };
            else reader.Fail("ERR NOVALUES option can only be used in HSCAN");
        }
        return reader.Ends(ref call) ? options with { Count = count } : default;
    }

    /// <summary>Adds as many fields as COUNT asks for, if ten times as many positions have them: an almost empty table must not hold the thread.</summary>
    public ulong Scan<TView>(TView view, ulong cursor, FieldList found) where TView : struct, IFieldScan, allows ref struct
    {
        for (var left = Count > long.MaxValue / 10 ? long.MaxValue : Count * 10; left > 0; left--)
        {
            cursor = view.Scan(cursor, found);
            if (cursor == 0 || found.Count >= Count) break;
        }
        return cursor;
    }

    /// <summary>Begins an answer; an array of what was found follows.</summary>
    public static void BeginReply(ref Call call, ulong cursor)
    {
        call.Reply.Array(2);
        Span<byte> text = stackalloc byte[IntegerText.LengthMax];
        System.Buffers.Text.Utf8Formatter.TryFormat(cursor, text, out var length);
        call.Reply.Bulk(text[..length]);
    }

    public bool Matches(ReadOnlySpan<byte> name) => !HasPattern || GlobPattern.Matches(Pattern, name);

    /// <summary>A type that does not exist matches no key.</summary>
    public bool MatchesType(EntryView view) => System.Text.Ascii.EqualsIgnoreCase(KeyCommands.TypeName(view, stackalloc byte[ModuleName.Length]), Type);
}
