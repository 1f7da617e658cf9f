namespace Carnelian;

/// <summary>cmsgpack: values as MessagePack.</summary>
internal sealed class MessagePackLibrary(LuaMachine machine)
{
    public void Register()
    {
        var library = Library.NewLibrary(machine, "cmsgpack");
        library.Add(machine, "pack", Pack);
        library.Add(machine, "unpack", call => Unpack(call, 0, 0));
        library.Add(machine, "unpack_one", call => Unpack(call, 1, call.OptionalLong(2, 0)));
        library.Add(machine, "unpack_limit", call =>
        {
            var limit = call.CheckLong(2);
            return Unpack(call, limit, call.OptionalLong(3, 0));
        });
        library.Set(machine.String("_NAME"), machine.String("cmsgpack"));
        library.Set(machine.String("_VERSION"), machine.String("lua-cmsgpack 0.4.0"));
        library.Set(machine.String("_COPYRIGHT"), machine.String("Copyright (C) 2012, Salvatore Sanfilippo"));
        library.Set(machine.String("_DESCRIPTION"), machine.String("MessagePack C implementation for Lua"));
    }

    private int Pack(LuaCall call)
    {
        if (call.Count == 0) throw call.ArgumentError(0, "MessagePack pack needs input.");
        if (!call.HasRoom(call.Count)) throw call.ArgumentError(0, "Too many arguments for MessagePack pack.");
        var writer = new MessagePackWriter(call, new(machine));
        for (var i = 1; i <= call.Count; i++) writer.Add(call[i], 0);
        return call.Return(writer.Buffer.ToLuaString());
    }

    private int Unpack(LuaCall call, long limit, long offset)
    {
        var isAll = limit == 0 && offset == 0;
        var text = call.CheckString(1);
        if (offset < 0 || limit < 0) throw call.Fail($"Invalid request to unpack with offset of {(int)offset} and limit of {text.Length}.");
        if (offset > text.Length) throw call.Fail($"Start offset {(int)offset} greater than input length {text.Length}.");
        if (isAll) limit = int.MaxValue;
        var reader = new MessagePackReader(call, text.Span[(int)offset..]);
        var results = new List<LuaValue>();
        if (!isAll) results.Add(default);
        for (long count = 0; !reader.IsAtEnd && count < limit; count++)
        {
            if (!call.HasRoom(results.Count + 1)) throw call.Fail(MessagePackReader.Overflow);
            results.Add(reader.Read());
        }
        if (!isAll) results[0] = reader.IsAtEnd ? -1 : text.Length - reader.Left;
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(results).CopyTo(call.Results(results.Count));
        return results.Count;
    }
}

/// <summary>Writes values as MessagePack.</summary>
internal readonly ref struct MessagePackWriter(LuaCall call, ChargedBuffer buffer)
{
    /// <summary>Tables nested more deeply are nil: they may hold themselves.</summary>
    private const int NestingMax = 16;

    private readonly LuaCall _call = call;

    public ChargedBuffer Buffer => buffer;

    public void Add(in LuaValue value, int level)
    {
        _call.Machine.Spend(1);
        // A metamethod may have made it.
        var kept = _call.KeptEnd;
        _call.Keep(value);
        switch (value.Type)
        {
            case LuaType.String:
                AddText(((LuaString)value.Object!).Span);
                break;
            case LuaType.Boolean:
                buffer.Add((byte)(value.IsFalse ? 0xC2 : 0xC3));
                break;
            case LuaType.Number:
                AddNumber(value.Double);
                break;
            case LuaType.Table when level < NestingMax:
                AddTable((LuaTable)value.Object!, level);
                break;
            default:
                buffer.Add(0xC0);
                break;
        }
        _call.KeptEnd = kept;
    }

    private void AddText(ReadOnlySpan<byte> text)
    {
        if (text.Length < 32) buffer.Add((byte)(0xA0 | text.Length));
        else AddSize((ulong)text.Length, 0xD9, 0xDA, 0xDB);
        buffer.Add(text);
    }

    /// <summary>A size behind the byte that tells how long it is itself; 0 for no such byte.</summary>
    private void AddSize(ulong size, byte one, byte two, byte four)
    {
        if (size <= byte.MaxValue && one != 0) AddBytes(one, size, 1);
        else if (size <= ushort.MaxValue) AddBytes(two, size, 2);
        else AddBytes(four, size, 4);
    }

    private void AddBytes(byte kind, ulong value, int count)
    {
        buffer.Add(kind);
        for (var i = count - 1; i >= 0; i--) buffer.Add((byte)(value >> (8 * i)));
    }

    private void AddNumber(double number)
    {
        var integer = LuaNumber.ToInteger(number);
        if (integer == number && number is >= long.MinValue and < 9223372036854775808.0) AddInteger(integer);
        else if ((double)(float)number == number) AddBytes(0xCA, BitConverter.SingleToUInt32Bits((float)number), 4);
        else AddBytes(0xCB, BitConverter.DoubleToUInt64Bits(number), 8);
    }

    private void AddInteger(long value)
    {
        var bits = (ulong)value;
        switch (value)
        {
            case >= -32 and <= 127:
                buffer.Add((byte)value);
                break;
            case > 0 and <= byte.MaxValue: AddBytes(0xCC, bits, 1); break;
            case > 0 and <= ushort.MaxValue: AddBytes(0xCD, bits, 2); break;
            case > 0 and <= uint.MaxValue: AddBytes(0xCE, bits, 4); break;
            case > 0: AddBytes(0xCF, bits, 8); break;
            case >= sbyte.MinValue: AddBytes(0xD0, bits, 1); break;
            case >= short.MinValue: AddBytes(0xD1, bits, 2); break;
            case >= int.MinValue: AddBytes(0xD2, bits, 4); break;
            default: AddBytes(0xD3, bits, 8); break;
        }
    }

    private void AddTable(LuaTable table, int level)
    {
        if (IsList(table, out var count))
        {
            // By the length operator, and with metamethods, as the table is read.
            var length = table.Length;
            if (length <= 15) buffer.Add((byte)(0x90 | length));
            else AddSize((ulong)length, 0, 0xDC, 0xDD);
            for (var i = 1; i <= length; i++) Add(_call.Index(table, i), level + 1);
            return;
        }
        if (count <= 15) buffer.Add((byte)(0x80 | count));
        else AddSize((ulong)count, 0, 0xDE, 0xDF);
        for (var place = _call.Machine.Next(table, 0, out var key, out var value); place >= 0; place = _call.Machine.Next(table, place, out key, out value))
        {
            Add(key, level + 1);
            Add(value, level + 1);
        }
    }

    /// <summary>All keys are 1 … n. Tells how many pairs there are, otherwise.</summary>
    private bool IsList(LuaTable table, out int count)
    {
        count = 0;
        var max = 0.0;
        var isList = true;
        for (var place = _call.Machine.Next(table, 0, out var key, out _); place >= 0; place = _call.Machine.Next(table, place, out key, out _))
        {
            count++;
            if (!isList) continue;
            if (!key.TryGetNumber(out var number) || number <= 0 || number > int.MaxValue || number != Math.Floor(number)) isList = false;
            else max = Math.Max(max, number);
        }
        _call.Machine.Spend(count);
        return isList && max == count;
    }
}

/// <summary>Reads MessagePack. How deeply it nests is bounded by the stack that PUC's would need for it.</summary>
internal ref struct MessagePackReader(LuaCall call, ReadOnlySpan<byte> input)
{
    public static ReadOnlySpan<byte> Overflow => "stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)"u8;

    /// <summary>Each level takes the stack of the host, too.</summary>
    private const int NestingMax = 2000;

    private readonly LuaCall _call = call;
    private ReadOnlySpan<byte> _rest = input;
    private int _level;

    public readonly bool IsAtEnd => _rest.IsEmpty;

    public readonly int Left => _rest.Length;

    private ReadOnlySpan<byte> Take(long count)
    {
        if (_rest.Length < count) throw _call.Fail("Missing bytes in input."u8);
        var taken = _rest[..(int)count];
        _rest = _rest[(int)count..];
        return taken;
    }

    private ulong TakeUnsigned(int count)
    {
        ulong value = 0;
        foreach (var part in Take(count)) value = (value << 8) | part;
        return value;
    }

    /// <summary>The next value, kept.</summary>
    public LuaValue Read()
    {
        _call.Machine.Spend(1);
        var kind = Take(1)[0];
        switch (kind)
        {
            case <= 0x7F: return kind;
            case >= 0xE0: return (sbyte)kind;
            case <= 0x8F: return ReadMap(kind & 0xF);
            case <= 0x9F: return ReadList(kind & 0xF);
            case <= 0xBF: return ReadText(kind & 0x1F);
            case 0xC0: return default;
            case 0xC2: return false;
            case 0xC3: return true;
            case 0xCA: return BitConverter.UInt32BitsToSingle((uint)TakeUnsigned(4));
            case 0xCB: return BitConverter.UInt64BitsToDouble(TakeUnsigned(8));
            case 0xCC: return TakeUnsigned(1);
            case 0xCD: return TakeUnsigned(2);
            case 0xCE: return TakeUnsigned(4);
            // Through the signed integer of Lua's own interface.
            case 0xCF: return (long)TakeUnsigned(8);
            case 0xD0: return (sbyte)TakeUnsigned(1);
            case 0xD1: return (short)TakeUnsigned(2);
            case 0xD2: return (int)TakeUnsigned(4);
            case 0xD3: return (long)TakeUnsigned(8);
            case 0xD9: return ReadText((long)TakeUnsigned(1));
            case 0xDA: return ReadText((long)TakeUnsigned(2));
            case 0xDB: return ReadText((long)TakeUnsigned(4));
            case 0xDC: return ReadList((long)TakeUnsigned(2));
            case 0xDD: return ReadList((long)TakeUnsigned(4));
            case 0xDE: return ReadMap((long)TakeUnsigned(2));
            case 0xDF: return ReadMap((long)TakeUnsigned(4));
            default: throw _call.Fail("Bad data format in input."u8);
        }
    }

    private LuaValue ReadText(long length)
    {
        var text = _call.Machine.String(Take(length));
        _call.Keep(text);
        return text;
    }

    private void Enter(ReadOnlySpan<byte> overflow)
    {
        if (++_level > NestingMax) throw _call.Fail(overflow);
    }

    private LuaValue ReadList(long count)
    {
        Enter("stack overflow (in function mp_decode_to_lua_array)"u8);
        var table = _call.Machine.NewTable();
        _call.Keep(table);
        var kept = _call.KeptEnd;
        for (var i = 1; i <= count; i++)
        {
            table.Set(i, Read());
            _call.KeptEnd = kept;
        }
        _level--;
        return table;
    }

    private LuaValue ReadMap(long count)
    {
        Enter(Overflow);
        var table = _call.Machine.NewTable();
        _call.Keep(table);
        var kept = _call.KeptEnd;
        for (; count > 0; count--)
        {
            var key = Read();
            var value = Read();
            Operators.RawSet(_call.Thread, table, key, value);
            _call.KeptEnd = kept;
        }
        _level--;
        return table;
    }
}
