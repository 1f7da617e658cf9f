namespace Carnelian;

/// <summary>find, match, gmatch and gsub.</summary>
internal sealed class PatternFunctions(LuaMachine machine)
{
    public void Register(LuaTable library)
    {
        library.Add(machine, "find", call => Find(call, isFind: true));
        library.Add(machine, "match", call => Find(call, isFind: false));
        library.Add(machine, "gmatch", MatchAll);
        library.Set(machine.String("gfind"), library[machine.String("gmatch")]);
        library.Add(machine, "gsub", Substitute);
    }

    private static bool HasSpecials(ReadOnlySpan<byte> pattern)
    {
        var zero = pattern.IndexOf((byte)0);
        return (zero < 0 ? pattern : pattern[..zero]).IndexOfAny("^$*+?.([%-"u8) >= 0;
    }

    private int Find(LuaCall call, bool isFind)
    {
        var text = call.CheckString(1);
        var pattern = call.CheckString(2);
        var from = (int)Math.Clamp(StringLibrary.Position(call.OptionalLong(3, 1), text.Length) - 1, 0, text.Length);
        if (isFind && (!call[4].IsFalse || !HasSpecials(pattern.Span))) return FindPlain(call, text.Span, pattern.Span, from);
        var isAnchored = pattern.Span.StartsWith("^"u8);
        var matcher = new PatternMatcher(call, text.Span, pattern.Span, stackalloc int[2 * PatternMatcher.CapturesMax]);
        var at = from;
        var end = matcher.Find(ref at, isAnchored);
        if (end < 0) return call.Return(LuaValue.Nil);
        return isFind ? ReturnFound(call, ref matcher, at, end) : ReturnCaptures(call, ref matcher, at, end);
    }

    private int FindPlain(LuaCall call, ReadOnlySpan<byte> text, ReadOnlySpan<byte> sought, int from)
    {
        var at = IndexOf(text, sought, from);
        return at < 0 ? call.Return(LuaValue.Nil) : call.Return(at + 1, at + sought.Length);
    }

    /// <summary>What is long is sought by how it begins, and looked at where that is found, so that all that is looked at counts.</summary>
    private int IndexOf(ReadOnlySpan<byte> text, ReadOnlySpan<byte> sought, int from)
    {
        const int soughtAtOnceMax = 32;
        var beginning = sought[..Math.Min(sought.Length, soughtAtOnceMax)];
        for (; text.Length - from >= sought.Length; from++)
        {
            var distance = text[from..].IndexOf(beginning);
            machine.Spend((distance < 0 ? text.Length - from : distance) >> LuaMachine.BytesPerStepShift);
            if (distance < 0) return -1;
            from += distance;
            if (beginning.Length == sought.Length) return from;
            var alike = text[from..].CommonPrefixLength(sought);
            machine.Spend(1 + (alike >> LuaMachine.BytesPerStepShift));
            if (alike == sought.Length) return from;
        }
        return -1;
    }

    private static int ReturnFound(LuaCall call, ref PatternMatcher matcher, int start, int end)
    {
        var results = call.Results(matcher.CaptureCount + 2);
        results[0] = start + 1;
        results[1] = end;
        for (var i = 0; i < matcher.CaptureCount; i++) results[i + 2] = matcher.Capture(i, start, end);
        return results.Length;
    }

    private static int ReturnCaptures(LuaCall call, ref PatternMatcher matcher, int start, int end)
    {
        var results = call.Results(Math.Max(1, matcher.CaptureCount));
        for (var i = 0; i < results.Length; i++) results[i] = matcher.Capture(i, start, end);
        return results.Length;
    }

    /// <summary>An iterator that keeps text, pattern and where it is.</summary>
    private int MatchAll(LuaCall call)
    {
        LuaString text = call.CheckString(1), pattern = call.CheckString(2);
        machine.Memory.Charge(LuaHostFunction.BaseBytes + 3 * 16);
        var iterator = new LuaHostFunction("gmatch_next", MatchNext, valueCount: 3);
        iterator.Values[0] = text;
        iterator.Values[1] = pattern;
        iterator.Values[2] = 0;
        return call.Return(iterator);
    }

    private int MatchNext(LuaCall call)
    {
        var values = call.Function.Values;
        var text = ((LuaString)values[0].Object!).Span;
        var pattern = ((LuaString)values[1].Object!).Span;
        machine.Spend(pattern.Length >> LuaMachine.BytesPerStepShift);
        var matcher = new PatternMatcher(call, text, pattern, stackalloc int[2 * PatternMatcher.CapturesMax]);
        var at = (int)values[2].Double;
        var end = at > text.Length ? -1 : matcher.Find(ref at, isAnchored: false);
        if (end < 0) return call.Return();
        values[2] = end == at ? end + 1 : end;
        return ReturnCaptures(call, ref matcher, at, end);
    }

    // gsub.

    private int Substitute(LuaCall call)
    {
        var text = call.CheckString(1);
        var pattern = call.CheckString(2);
        var replacement = call[3];
        var countMax = call.OptionalInteger(4, text.Length + 1);
        if (replacement.Type is not (LuaType.Number or LuaType.String or LuaType.Function or LuaType.Table))
            throw call.ArgumentError(3, "string/function/table expected");
        var isAnchored = pattern.Span.StartsWith("^"u8);
        var template = Operators.ToText(machine, replacement);
        var isPlain = template is not null && !template.Span.Contains((byte)'%');
        LuaValue[] captures = [];
        var source = text.Span;
        var matcher = new PatternMatcher(call, source, pattern.Span, stackalloc int[2 * PatternMatcher.CapturesMax]);
        var result = new ChargedBuffer(machine, source.Length);
        int at = 0, copied = 0, count = 0;
        while (count < countMax && at <= source.Length)
        {
            var end = matcher.Find(ref at, isAnchored);
            if (end < 0) break;
            count++;
            result.Add(source[copied..at]);
            if (isPlain) result.Add(template!.Span);
            else if (template is not null) AddTemplate(call, ref matcher, result, template.Span, source, at, end);
            else AddValue(call, ref matcher, result, replacement, ref captures, source, at, end);
            copied = end;
            // Behind an empty match the next byte is passed over.
            at = end > at ? end : at + 1;
            if (isAnchored) break;
        }
        if (count == 0)
        {
            result.Release();
            return call.Return(text, 0);
        }
        result.Add(source[copied..]);
        return call.Return(result.ToLuaString(), count);
    }

    private static void AddTemplate(
        LuaCall call, ref PatternMatcher matcher, ChargedBuffer result, ReadOnlySpan<byte> template, ReadOnlySpan<byte> source, int start, int end)
    {
        while (true)
        {
            var escape = template.IndexOf((byte)'%');
            if (escape < 0)
            {
                result.Add(template);
                return;
            }
            result.Add(template[..escape]);
            // At the end of a string of C there is a zero byte.
            var letter = escape + 1 < template.Length ? template[escape + 1] : (byte)0;
            if (!CType.IsDigit(letter)) result.Add(letter);
            else if (letter == '0') result.Add(source[start..end]);
            else
            {
                var capture = matcher.Capture(letter - '1', start, end);
                result.Add(Operators.ToText(call.Machine, capture)!.Span);
            }
            if (escape + 2 >= template.Length) return;
            template = template[(escape + 2)..];
        }
    }

    private static void AddValue(
        LuaCall call, ref PatternMatcher matcher, ChargedBuffer result, in LuaValue replacement, ref LuaValue[] captures, ReadOnlySpan<byte> source, int start, int end)
    {
        LuaValue value;
        var kept = call.KeptEnd;
        if (replacement.Object is LuaTable) value = call.Index(replacement, matcher.Capture(0, start, end));
        else
        {
            var count = Math.Max(1, matcher.CaptureCount);
            if (count == 1) value = call.Call(replacement, matcher.Capture(0, start, end));
            else
            {
                if (captures.Length == 0) captures = new LuaValue[count];
                for (var i = 0; i < count; i++)
                {
                    captures[i] = matcher.Capture(i, start, end);
                    if (captures[i].Object is LuaString { Length: > StringCache.ShortMax }) call.Keep(captures[i]);
                }
                value = call.Call(replacement, captures);
            }
        }
        if (value.Object is LuaString { Length: > StringCache.ShortMax }) call.Keep(value);
        if (value.IsFalse) result.Add(source[start..end]);
        else result.Add((Operators.ToText(call.Machine, value) ?? throw call.Fail($"invalid replacement value (a {System.Text.Encoding.ASCII.GetString(value.TypeName)})")).Span);
        call.KeptEnd = kept;
    }
}
