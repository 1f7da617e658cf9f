namespace Carnelian;

/// <summary>
/// What a script has returned, as the reply to its caller. A table is what its fields say it is: an error, a status, a number of RESP3, text, a map, a set; else an array up to its first nil. Tables within tables need no
/// stack of the host; how deep they may be is what fits onto PUC's, where each takes a place or three, and one that contains itself ends there.
/// </summary>
internal sealed class ResultWriter
{
    /// <summary>PUC's LUAI_MAXCSTACK, less what Redis asks for with each value.</summary>
    private const int PlacesMax = 8000 - 4;

    /// <summary>Of a result: it, and the handler of errors.</summary>
    private const int FirstPlaces = 2;

    /// <summary>What a value takes of a script's memory, in the table that has it; a text its length besides.</summary>
    private const int ValueBytes = 16;

    private readonly Stack<Open> _open = new();
    private RespVersion _version;
    private long _bytesLeft;

    /// <summary>A table whose elements are being written.</summary>
    /// <param name="Next">Of an array the index, of others the place of the traversal.</param>
    /// <param name="Places">What an element has on PUC's stack below it.</param>
    private record struct Open(LuaTable Table, TableKind Kind, int Next, int Left, int Places)
    {
        /// <summary>The value of the key that was written.</summary>
        public LuaValue Value;
        public bool HasValue;
    }

    private enum TableKind : byte { Array, Map, Set }

    /// <param name="version">That of the script: in RESP2 false is nothing, and true 1.</param>
    /// <param name="memoryBytesMax">Of the script. Only what stands in several places is more than fits into it, and soon more than a reply has room for: tables and texts that are more than is left are errors.</param>
    public void Write(ref Call call, LuaValue result, RespVersion version, long memoryBytesMax)
    {
        (_version, _bytesLeft) = (version, memoryBytesMax);
        _open.Clear();
        Write(ref call, result, FirstPlaces);
        while (_open.TryPop(out var open))
        {
            if (open.HasValue)
            {
                open.HasValue = false;
                var value = open.Value;
                _open.Push(open);
                Write(ref call, value, open.Places);
                continue;
            }
            if (open.Left-- == 0) continue;
            LuaValue element;
            if (open.Kind == TableKind.Array) element = open.Table[++open.Next];
            else
            {
                open.Next = open.Table.Next(open.Next, out element, out var value);
                if (open.Kind == TableKind.Map)
                {
                    open.Value = value;
                    open.HasValue = true;
                }
            }
            _open.Push(open);
            // A map's key stands above its value's place.
            Write(ref call, element, open.Kind == TableKind.Map ? open.Places + 1 : open.Places);
        }
    }

    private void Write(ref Call call, in LuaValue value, int places)
    {
        if (places > PlacesMax)
        {
            call.Fail("ERR reached lua stack limit");
            return;
        }
        switch (value.Type)
        {
            case LuaType.String:
                value.TryGetString(out var text);
                if (TryTake(ref call, text!.Length)) call.Reply.Bulk(text.Span);
                break;
            case LuaType.Number:
                value.TryGetNumber(out var number);
                call.Reply.Integer(DoubleText.Truncate(number));
                break;
            case LuaType.Boolean:
                if (_version == RespVersion.Resp3) call.Reply.Bool(!value.IsFalse);
                else if (value.IsFalse) call.Reply.Null();
                else call.Reply.Integer(1);
                break;
            case LuaType.Table:
                value.TryGetTable(out var table);
                WriteTable(ref call, table!, places);
                break;
            default:
                call.Reply.Null();
                break;
        }
    }

    /// <summary>False, and an error in place of the value and of all that follow, if there is not so much left.</summary>
    private bool TryTake(ref Call call, long bytes)
    {
        if (bytes <= _bytesLeft)
        {
            _bytesLeft -= bytes;
            return true;
        }
        _bytesLeft = -1;
        call.Fail("ERR not enough memory");
        return false;
    }

    private void WriteTable(ref Call call, LuaTable table, int places)
    {
        // All its places may be gone through.
        if (!TryTake(ref call, (table.PlaceCount + 1L) * ValueBytes)) return;
        if (table[FieldNames.Error].TryGetString(out var error)) WriteError(ref call, table, error);
        else if (table[FieldNames.Ok].TryGetString(out var status)) WriteStatus(ref call, status);
        else if (table[FieldNames.Double].TryGetNumber(out var number)) call.Reply.Double(number);
        else if (table[FieldNames.BigNumber].TryGetString(out var digits)) WriteBigNumber(ref call, digits);
        else if (table[FieldNames.Verbatim].TryGetTable(out var verbatim) && TryWriteVerbatim(ref call, verbatim)) { }
        else if (table[FieldNames.Map].TryGetTable(out var map)) OpenPairs(ref call, map, TableKind.Map, places + 3);
        else if (table[FieldNames.Set].TryGetTable(out var set)) OpenPairs(ref call, set, TableKind.Set, places + 3);
        else OpenArray(ref call, table, places + 1);
    }

    private void OpenArray(ref Call call, LuaTable table, int places)
    {
        var count = 0;
        while (!table[count + 1].IsNil) count++;
        call.Reply.Array(count);
        _open.Push(new(table, TableKind.Array, 0, count, places));
    }

    private void OpenPairs(ref Call call, LuaTable table, TableKind kind, int places)
    {
        if (!TryTake(ref call, table.PlaceCount * (long)ValueBytes)) return;
        var count = 0;
        for (var place = 0; (place = table.Next(place, out _, out _)) >= 0;) count++;
        if (kind == TableKind.Map) call.Reply.Map(count);
        else call.Reply.Set(count);
        _open.Push(new(table, kind, 0, count, places));
    }

    private void WriteError(ref Call call, LuaTable table, LuaString error)
    {
        var text = ScriptError.Shown(error);
        if (!TryTake(ref call, text.Length)) return;
        if (table[FieldNames.IsCounted] is { Type: LuaType.Boolean, IsFalse: false }) call.FailCounted(text);
        else call.Fail(text);
    }

    private void WriteStatus(ref Call call, LuaString status)
    {
        if (TryTake(ref call, status.Length)) call.Reply.Simple(ByteText.UpToNul(status.Span));
    }

    private void WriteBigNumber(ref Call call, LuaString digits)
    {
        if (!TryTake(ref call, digits.Length)) return;
        var text = digits.Span;
        if (text.ContainsAny((byte)'\r', (byte)'\n'))
        {
            var line = text.ToArray();
            line.AsSpan().Replace((byte)'\r', (byte)' ');
            line.AsSpan().Replace((byte)'\n', (byte)' ');
            text = line;
        }
        call.Reply.BigNumber(text);
    }

    private bool TryWriteVerbatim(ref Call call, LuaTable verbatim)
    {
        if (!verbatim[FieldNames.Format].TryGetString(out var format) || !verbatim[FieldNames.String].TryGetString(out var text)) return false;
        // Three letters, whatever it was.
        Span<byte> kind = stackalloc byte[3];
        kind.Fill((byte)' ');
        var given = ByteText.UpToNul(format.Span);
        given[..Math.Min(3, given.Length)].CopyTo(kind);
        if (TryTake(ref call, text.Length)) call.Reply.Verbatim(text.Span, kind);
        return true;
    }
}
