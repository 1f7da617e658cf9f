namespace Carnelian;

/// <summary>
/// A reply as scripts see it. In RESP2 numbers, strings, tables, false for nothing, and tables with the field ok or err; what RESP3 has beside these are tables with a field that
/// tells what it is. Attributes are left out. The reply is one of this server's, and so taken as it is.
/// </summary>
internal ref struct ReplyReader(LuaCall lua, ReadOnlySpan<byte> reply)
{
    private readonly LuaCall _lua = lua;
    private readonly ReadOnlySpan<byte> _reply = reply;
    private int _at;

    /// <summary>Tables are kept from when they are made.</summary>
    public LuaValue Read()
    {
        var type = _reply[_at++];
        switch (type)
        {
            case (byte)'$':
            {
                var length = ReadLength();
                return length < 0 ? LuaValue.False : _lua.Machine.String(Take((int)length));
            }
            case (byte)':': return ReadLength();
            case (byte)'*': return ReadArray(ReadLength());
            case (byte)'+': return Field(FieldNames.Ok, ReadLine());
            case (byte)'-': return ReadError();
            case (byte)'_':
                ReadLine();
                return LuaValue.Nil;
            case (byte)'#': return ReadLine()[0] == 't';
            case (byte)',':
                DoubleText.TryParse(ReadLine(), out var number);
                var table = NewTable(hashSize: 1);
                table.Set(FieldNames.Double, number);
                return table;
            case (byte)'(': return Field(FieldNames.BigNumber, ReadLine());
            case (byte)'=': return ReadVerbatim();
            case (byte)'%': return ReadMap((int)ReadLength());
            case (byte)'~': return ReadSet((int)ReadLength());
            default:
                Check.That(type == '|');
                Skip(2 * ReadLength());
                return Read();
        }
    }

    private LuaTable NewTable(int arraySize = 0, int hashSize = 0)
    {
        var table = _lua.Machine.NewTable(arraySize, hashSize);
        _lua.Keep(table);
        return table;
    }

    private LuaTable Field(LuaString name, ReadOnlySpan<byte> text)
    {
        var table = NewTable(hashSize: 1);
        table.Set(name, _lua.Machine.String(text));
        return table;
    }

    /// <summary>A table within one that tells what it is, by its field.</summary>
    private LuaTable NewTableAs(LuaString field, int hashSize, out LuaTable outer)
    {
        outer = NewTable(hashSize: 1);
        var table = NewTable(hashSize: hashSize);
        outer.Set(field, table);
        return table;
    }

    private LuaValue ReadArray(long count)
    {
        if (count < 0) return false;
        var table = NewTable((int)count);
        var kept = _lua.KeptEnd;
        for (var i = 1; i <= count; i++)
        {
            var value = Read();
            if (!value.IsNil) table.Set(i, value);
            _lua.KeptEnd = kept;
        }
        return table;
    }

    private LuaTable ReadMap(int count)
    {
        var table = NewTableAs(FieldNames.Map, count, out var outer);
        var kept = _lua.KeptEnd;
        for (; count > 0; count--)
        {
            var key = Read();
            _lua.Keep(key);
            table.Set(key, Read());
            _lua.KeptEnd = kept;
        }
        return outer;
    }

    private LuaTable ReadSet(int count)
    {
        var table = NewTableAs(FieldNames.Set, count, out var outer);
        var kept = _lua.KeptEnd;
        for (; count > 0; count--)
        {
            table.Set(Read(), true);
            _lua.KeptEnd = kept;
        }
        return outer;
    }

    private LuaTable ReadError()
    {
        var start = _at - 1;
        ReadLine();
        return ScriptError.Make(_lua.Machine, _reply[start..(_at - 2)], isCounted: true);
    }

    private LuaTable ReadVerbatim()
    {
        var text = Take((int)ReadLength());
        var table = NewTableAs(FieldNames.Verbatim, 2, out var outer);
        table.Set(FieldNames.String, _lua.Machine.String(text[4..]));
        table.Set(FieldNames.Format, _lua.Machine.String(text[..3]));
        return outer;
    }

    private void Skip(long values)
    {
        for (; values > 0; values--)
        {
            var type = _reply[_at++];
            if (type is (byte)'$' or (byte)'=') Take((int)ReadLength());
            else if (type is (byte)'*' or (byte)'~') values += ReadLength();
            else if (type == '%') values += 2 * ReadLength();
            else ReadLine();
        }
    }

    private ReadOnlySpan<byte> ReadLine()
    {
        var line = _reply[_at..];
        line = line[..line.IndexOf("\r\n"u8)];
        _at += line.Length + 2;
        return line;
    }

    private long ReadLength()
    {
        var digit = _reply[_at];
        // Most are short.
        if (_reply[_at + 1] == '\r' && digit is >= (byte)'0' and <= (byte)'9')
        {
            _at += 3;
            return digit - '0';
        }
        Check.That(IntegerText.TryParse(ReadLine(), out var length));
        return length;
    }

    /// <summary>So many bytes, and the line's end behind them. Nothing has none.</summary>
    private ReadOnlySpan<byte> Take(int length)
    {
        var bytes = _reply.Slice(_at, length);
        _at += length + 2;
        return bytes;
    }
}
