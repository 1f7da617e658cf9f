namespace Carnelian;

/// <summary>
/// A reply as scripts see it. In RESP2 numbers, strings, tables, false for nothing, and tables with the field ok or err; what RESP3 has beside these are tables with a field that
/// tells what it is. Attributes are left out. The reply is one of this server's, and so taken as it is.
/// </summary>
internal ref struct ReplyReader(LuaMachine machine, ReadOnlySpan<byte> reply)
{
    private readonly ReadOnlySpan<byte> _reply = reply;
    private int _at;

    public LuaValue Read()
    {
        var type = _reply[_at++];
        switch (type)
        {
            case (byte)'$':
            {
                var length = ReadLength();
                return length < 0 ? LuaValue.False : machine.String(Take((int)length));
            }
            case (byte)':': return ReadLength();
            case (byte)'*': return ReadArray(ReadLength());
            case (byte)'+': return Field(FieldNames.Ok, machine.String(ReadLine()));
            case (byte)'-': return ReadError();
            case (byte)'_':
                ReadLine();
                return LuaValue.Nil;
            case (byte)'#': return ReadLine()[0] == 't';
            case (byte)',':
                DoubleText.TryParse(ReadLine(), out var number);
                return Field(FieldNames.Double, number);
            case (byte)'(': return Field(FieldNames.BigNumber, machine.String(ReadLine()));
            case (byte)'=': return ReadVerbatim();
            case (byte)'%': return Field(FieldNames.Map, ReadMap((int)ReadLength()));
            case (byte)'~': return Field(FieldNames.Set, ReadSet((int)ReadLength()));
            default:
                Check.That(type == '|');
                Skip(2 * ReadLength());
                return Read();
        }
    }

    private LuaTable Field(LuaString name, in LuaValue value)
    {
        var table = machine.NewTable(hashSize: 1);
        table.Set(name, value);
        return table;
    }

    private LuaValue ReadArray(long count)
    {
        if (count < 0) return false;
        var table = machine.NewTable((int)count);
        for (var i = 1; i <= count; i++)
        {
            var value = Read();
            if (!value.IsNil) table.Set(i, value);
        }
        return table;
    }

    private LuaTable ReadMap(int count)
    {
        var table = machine.NewTable(hashSize: count);
        for (; count > 0; count--)
        {
            var key = Read();
            table.Set(key, Read());
        }
        return table;
    }

    private LuaTable ReadSet(int count)
    {
        var table = machine.NewTable(hashSize: count);
        for (; count > 0; count--) table.Set(Read(), true);
        return table;
    }

    private LuaTable ReadError()
    {
        var start = _at - 1;
        ReadLine();
        return ScriptError.Make(machine, _reply[start..(_at - 2)], isCounted: true);
    }

    private LuaTable ReadVerbatim()
    {
        var text = Take((int)ReadLength());
        var table = machine.NewTable(hashSize: 2);
        table.Set(FieldNames.String, machine.String(text[4..]));
        table.Set(FieldNames.Format, machine.String(text[..3]));
        return Field(FieldNames.Verbatim, table);
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
