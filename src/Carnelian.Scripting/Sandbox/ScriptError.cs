namespace Carnelian;

/// <summary>Errors as scripts see them: tables with the text, and with source and line when nobody has caught them.</summary>
internal static class ScriptError
{
    /// <summary>What is longer is cut where an error becomes a reply: nobody reads that, and it is copied more than once.</summary>
    private const int ShownMax = 1 << 20;

    /// <summary>The text of an error as replies have it, up to a NUL.</summary>
    public static string Shown(LuaString text) => ByteText.FromBytes(ByteText.UpToNul(text.Span[..Math.Min(text.Length, ShownMax)]));

    /// <summary>Makes the table of an error.</summary>
    /// <param name="text">"-CODE sentence", or a sentence, whose code is ERR.</param>
    /// <param name="isCounted">Statistics have it already.</param>
    public static LuaTable Make(LuaMachine machine, ReadOnlySpan<byte> text, bool isCounted = false)
    {
        if (text.StartsWith("-"u8)) return MakeCoded(machine, text[1..], isCounted);
        Note(machine, "", text);
        return Make(machine, "ERR "u8, text, isCounted);
    }

    /// <summary>As <see cref="Make(LuaMachine, ReadOnlySpan{byte}, bool)"/>, of "CODE sentence"; one word is a sentence.</summary>
    public static LuaTable MakeCoded(LuaMachine machine, ReadOnlySpan<byte> text, bool isCounted = false)
    {
        Note(machine, "-", text);
        var code = text.IndexOf((byte)' ') + 1;
        return Make(machine, code == 0 ? "ERR "u8 : text[..code], text[code..], isCounted);
    }

    private static void Note(LuaMachine machine, string sign, ReadOnlySpan<byte> text) => (machine.Host as ScriptHost)?.Scripting.Debugger.NoteError(sign, text);

    private static LuaTable Make(LuaMachine machine, ReadOnlySpan<byte> code, ReadOnlySpan<byte> sentence, bool isCounted)
    {
        var table = machine.NewTable(hashSize: isCounted ? 2 : 1);
        table.Set(FieldNames.Error, machine.String(code, sentence.Trim("\r\n"u8)));
        if (isCounted) table.Set(FieldNames.IsCounted, true);
        return table;
    }

    /// <summary>A sentence of ours as an error to throw.</summary>
    public static LuaException Fail(LuaCall call, string sentence) => call.FailWith(Make(call.Machine, ByteText.ToBytes(sentence)));

    /// <summary>What an error that nobody catches becomes: a table with source and line of the script's function where it happened.</summary>
    /// <param name="level">Of the function that failed.</param>
    public static LuaValue Describe(LuaCall call, int level)
    {
        var machine = call.Machine;
        var error = call[1];
        var isKnown = machine.TryGetInfo(level, out var source, out var line);
        // What a function of the host complains of, its caller has done.
        if (isKnown && source.Equals("=[C]"u8)) isKnown = machine.TryGetInfo(level + 1, out source, out line);
        if (!error.IsTable)
        {
            var table = machine.NewTable(hashSize: 4);
            call.Keep(table);
            table.Set(FieldNames.Error, machine.String("ERR "u8, TextOf(call, error).Span));
            error = table;
        }
        if (!isKnown) return error;
        call.SetIndex(error, FieldNames.Source, source);
        call.SetIndex(error, FieldNames.Line, line);
        return error;
    }

    private static LuaString TextOf(LuaCall call, in LuaValue value)
    {
        var text = call.Call(call.Machine.Globals[call.Machine.String("tostring"u8)], value);
        return text.TryGetString(out var found) ? found : call.Machine.String(""u8);
    }
}
