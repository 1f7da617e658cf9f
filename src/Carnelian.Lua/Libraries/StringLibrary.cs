using System.Buffers.Binary;

namespace Carnelian;

/// <summary>string: bytes of strings, in ways that need no patterns; those are in <see cref="PatternFunctions"/>.</summary>
internal sealed class StringLibrary(LuaMachine machine)
{
    public void Register()
    {
        var library = Library.NewLibrary(machine, "string");
        library.Add(machine, "byte", Bytes);
        library.Add(machine, "char", FromBytes);
        library.Add(machine, "dump", Dump);
        library.Add(machine, "format", new FormatFunction(machine).Format);
        library.Add(machine, "len", call => call.Return(call.CheckString(1).Length));
        library.Add(machine, "lower", call => Map(call, isUpper: false));
        library.Add(machine, "rep", Repeat);
        library.Add(machine, "reverse", Reverse);
        library.Add(machine, "sub", Part);
        library.Add(machine, "upper", call => Map(call, isUpper: true));
        new PatternFunctions(machine).Register(library);
        var metatable = machine.NewTable();
        metatable.Set(Metamethods.NameOf(Event.Index), library);
        machine.StringMetatable = metatable;
    }

    /// <summary>A place that may be counted from the end.</summary>
    internal static long Position(long position, int length)
    {
        if (position < 0) position += length + 1L;
        return Math.Max(position, 0);
    }

    private int Part(LuaCall call)
    {
        var text = call.CheckString(1);
        var first = Math.Max(Position(call.CheckLong(2), text.Length), 1);
        var last = Math.Min(Position(call.OptionalLong(3, -1), text.Length), text.Length);
        if (first > last) return call.Return(machine.Strings.Empty);
        return first == 1 && last == text.Length ? call.Return(text) : call.Return(machine.Strings.Get(text.Span[(int)(first - 1)..(int)last]));
    }

    private int Bytes(LuaCall call)
    {
        var text = call.CheckString(1);
        var first = Position(call.OptionalLong(2, 1), text.Length);
        var last = Math.Min(Position(call.OptionalLong(3, first), text.Length), text.Length);
        if (first <= 0) first = 1;
        if (first > last) return call.Return();
        var count = (int)(last - first + 1);
        call.CheckRoom(count, "string slice too long");
        var results = call.Results(count);
        for (var i = 0; i < count; i++) results[i] = text.Span[(int)first - 1 + i];
        return count;
    }

    private int FromBytes(LuaCall call)
    {
        var bytes = call.Count <= 256 ? stackalloc byte[call.Count] : new byte[call.Count];
        for (var i = 1; i <= call.Count; i++)
        {
            var value = call.CheckInteger(i);
            if (value is < 0 or > byte.MaxValue) throw call.ArgumentError(i, "invalid value");
            bytes[i - 1] = (byte)value;
        }
        return call.Return(machine.Strings.Get(bytes));
    }

    private int Map(LuaCall call, bool isUpper)
    {
        var text = call.CheckString(1).Span;
        if (text.Length <= StringCache.ShortMax)
        {
            Span<byte> few = stackalloc byte[StringCache.ShortMax];
            Map(text, few, isUpper);
            return call.Return(machine.Strings.Get(few[..text.Length]));
        }
        Charge(text.Length);
        var bytes = new byte[text.Length];
        Map(text, bytes, isUpper);
        return Own(call, bytes);
    }

    private static void Map(ReadOnlySpan<byte> text, Span<byte> to, bool isUpper)
    {
        if (isUpper)
            for (var i = 0; i < text.Length; i++) to[i] = CType.ToUpper(text[i]);
        else
            for (var i = 0; i < text.Length; i++) to[i] = CType.ToLower(text[i]);
    }

    private int Reverse(LuaCall call)
    {
        var text = call.CheckString(1).Span;
        Charge(text.Length);
        var bytes = text.ToArray();
        Array.Reverse(bytes);
        return Own(call, bytes);
    }

    private int Repeat(LuaCall call)
    {
        var text = call.CheckString(1).Span;
        var count = call.CheckInteger(2);
        if (count <= 0 || text.IsEmpty) return call.Return(machine.Strings.Empty);
        var length = text.Length * (long)count;
        if (length > Array.MaxLength) throw LuaException.OfMemory();
        Charge(length);
        var bytes = new byte[length];
        if (text.Length == 1) bytes.AsSpan().Fill(text[0]);
        else
            for (var i = 0; i < bytes.Length; i += text.Length) text.CopyTo(bytes.AsSpan(i));
        return Own(call, bytes);
    }

    /// <summary>Before bytes are made: their memory, and the time they take.</summary>
    private void Charge(long length)
    {
        machine.Spend(length >> LuaMachine.BytesPerStepShift);
        machine.Memory.Hold(length);
    }

    private int Own(LuaCall call, byte[] bytes)
    {
        machine.Memory.Release(bytes.Length);
        return call.Return(machine.Strings.Own(bytes));
    }

    /// <summary>
    /// How PUC's binary code begins: its version, sizes of numbers, then the source and the lines of the function. The code itself is not let out, because no machine takes it back, neither this one nor Redis'.
    /// </summary>
    private int Dump(LuaCall call)
    {
        if (call.CheckFunction(1) is not LuaClosure { Prototype: var function }) throw call.Fail("unable to dump given function"u8);
        var text = new ChargedBuffer(machine);
        text.Add("\eLuaQ\0\x01\x04\x08\x04\x08\0"u8);
        Span<byte> number = stackalloc byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(number, function.Source.Length + 1);
        text.Add(number);
        text.Add(function.Source.Span);
        text.Add(0);
        BinaryPrimitives.WriteInt32LittleEndian(number, function.LineDefined);
        BinaryPrimitives.WriteInt32LittleEndian(number[sizeof(int)..], function.LastLineDefined);
        text.Add(number);
        return call.Return(text.ToLuaString());
    }
}
