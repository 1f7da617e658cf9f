using System.Buffers.Binary;

namespace Carnelian;

/// <summary>struct: values as bytes of C's structures, by a format (Roberto Ierusalimschy's library, as Redis has it).</summary>
internal sealed class StructLibrary(LuaMachine machine)
{
    private const int IntegerSizeMax = 32;

    public void Register()
    {
        var library = Library.NewLibrary(machine, "struct");
        library.Add(machine, "pack", Pack);
        library.Add(machine, "unpack", Unpack);
        library.Add(machine, "size", Size);
    }

    /// <summary>Reads a format, option by option.</summary>
    private ref struct Format(LuaCall call)
    {
        private const int AlignmentDefault = 8;

        private ReadOnlySpan<byte> _rest = UntilZero(call.CheckString(1).Span);
        private int _alignment = 1;

        private readonly LuaCall _call = call;

        public bool IsBigEndian { get; private set; }

        private static ReadOnlySpan<byte> UntilZero(ReadOnlySpan<byte> text)
        {
            var zero = text.IndexOf((byte)0);
            return zero < 0 ? text : text[..zero];
        }

        public bool TryRead(out byte option, out long size)
        {
            size = 0;
            option = 0;
            if (_rest.IsEmpty) return false;
            option = _rest[0];
            _rest = _rest[1..];
            size = SizeOf(option);
            return true;
        }

        private long SizeOf(byte option)
        {
            switch (option)
            {
                case (byte)'B' or (byte)'b' or (byte)'x': return 1;
                case (byte)'H' or (byte)'h': return 2;
                case (byte)'L' or (byte)'l' or (byte)'T' or (byte)'d': return 8;
                case (byte)'f': return 4;
                case (byte)'c': return Number(1);
                case (byte)'i' or (byte)'I':
                    var size = Number(4);
                    if (size > IntegerSizeMax) throw _call.Fail($"integral size {size} is larger than limit of {IntegerSizeMax}");
                    return size;
                default: return 0;
            }
        }

        private int Number(int otherwise)
        {
            if (_rest.IsEmpty || !CType.IsDigit(_rest[0])) return otherwise;
            var value = 0;
            for (; !_rest.IsEmpty && CType.IsDigit(_rest[0]); _rest = _rest[1..])
            {
                var digit = _rest[0] - '0';
                if (value > int.MaxValue / 10 || value * 10 > int.MaxValue - digit) throw _call.Fail("integral size overflow"u8);
                value = value * 10 + digit;
            }
            return value;
        }

        /// <summary>Bytes before an item, so that it lies where its size divides.</summary>
        public readonly long Padding(long position, byte option, long size)
        {
            if (size == 0 || option == 'c') return 0;
            size = Math.Min(size, _alignment);
            return (size - (position & (size - 1))) & (size - 1);
        }

        /// <summary>What is no item: order of bytes and alignment.</summary>
        public void Control(byte option)
        {
            switch (option)
            {
                case (byte)' ': return;
                case (byte)'>':
                    IsBigEndian = true;
                    return;
                case (byte)'<':
                    IsBigEndian = false;
                    return;
                case (byte)'!':
                    var alignment = Number(AlignmentDefault);
                    if (alignment <= 0 || (alignment & (alignment - 1)) != 0) throw _call.Fail($"alignment {alignment} is not a power of 2");
                    _alignment = alignment;
                    return;
                default: throw _call.ArgumentError(1, $"invalid format option '{(char)option}'");
            }
        }
    }

    /// <summary>Behind the arguments C's struct library has put a nil by the time it looks at them, and says so.</summary>
    private static int Present(LuaCall call, int argument, string expected) =>
        call.IsNone(argument) ? throw call.ArgumentError(argument, $"{expected} expected, got nil") : argument;

    private int Pack(LuaCall call)
    {
        var format = new Format(call);
        var result = new ChargedBuffer(machine);
        var argument = 2;
        long total = 0;
        while (format.TryRead(out var option, out var size))
        {
            var padding = format.Padding(total, option, size);
            total += padding;
            for (; padding > 0; padding--) result.Add(0);
            switch (option)
            {
                case (byte)'b' or (byte)'B' or (byte)'h' or (byte)'H' or (byte)'l' or (byte)'L' or (byte)'T' or (byte)'i' or (byte)'I':
                    AddInteger(result, call.CheckNumber(Present(call, argument++, "number")), (int)size, format.IsBigEndian);
                    break;
                case (byte)'x':
                    result.Add(0);
                    break;
                case (byte)'f':
                    var single = BitConverter.SingleToUInt32Bits((float)call.CheckNumber(Present(call, argument++, "number")));
                    AddInteger(result, single, 4, format.IsBigEndian);
                    break;
                case (byte)'d':
                    AddDouble(result, call.CheckNumber(Present(call, argument++, "number")), format.IsBigEndian);
                    break;
                case (byte)'c' or (byte)'s':
                    var text = call.CheckString(Present(call, argument++, "string")).Span;
                    if (size == 0) size = text.Length;
                    if (text.Length < size) throw call.ArgumentError(argument, "string too short");
                    result.Add(text[..(int)size]);
                    if (option == 's')
                    {
                        result.Add(0);
                        size++;
                    }
                    break;
                default:
                    format.Control(option);
                    break;
            }
            total += size;
        }
        return call.Return(result.ToLuaString());
    }

    private static void AddInteger(ChargedBuffer result, double number, int size, bool isBigEndian)
    {
        var value = number < 0 ? (ulong)LuaNumber.ToInteger(number) : LuaNumber.ToUnsigned(number);
        Span<byte> bytes = stackalloc byte[IntegerSizeMax];
        bytes = bytes[..size];
        for (var i = 0; i < size; i++, value >>= 8) bytes[isBigEndian ? size - 1 - i : i] = (byte)value;
        result.Add(bytes);
    }

    private static void AddDouble(ChargedBuffer result, double number, bool isBigEndian)
    {
        Span<byte> bytes = stackalloc byte[8];
        if (isBigEndian) BinaryPrimitives.WriteDoubleBigEndian(bytes, number);
        else BinaryPrimitives.WriteDoubleLittleEndian(bytes, number);
        result.Add(bytes);
    }

    private int Unpack(LuaCall call)
    {
        var format = new Format(call);
        var text = call.CheckString(2);
        var data = text.Span;
        var position = call.OptionalLong(3, 1);
        // A size of C: what is negative is very large.
        if (position == 0) throw call.ArgumentError(3, "offset must be 1 or greater");
        position--;
        var results = new List<LuaValue>();
        while (format.TryRead(out var option, out var size))
        {
            position = unchecked(position + format.Padding(position, option, size));
            CheckData(call, data.Length, position, size);
            if (!call.HasRoom(results.Count + 2)) throw call.Fail("stack overflow (too many results)"u8);
            switch (option)
            {
                case (byte)'b' or (byte)'B' or (byte)'h' or (byte)'H' or (byte)'l' or (byte)'L' or (byte)'T' or (byte)'i' or (byte)'I':
                    results.Add(Integer(data.Slice((int)position, (int)size), format.IsBigEndian, CType.IsLower(option)));
                    break;
                case (byte)'x': break;
                case (byte)'f':
                    var single = data.Slice((int)position, 4);
                    results.Add(format.IsBigEndian ? BinaryPrimitives.ReadSingleBigEndian(single) : BinaryPrimitives.ReadSingleLittleEndian(single));
                    break;
                case (byte)'d':
                    var bytes = data.Slice((int)position, 8);
                    results.Add(format.IsBigEndian ? BinaryPrimitives.ReadDoubleBigEndian(bytes) : BinaryPrimitives.ReadDoubleLittleEndian(bytes));
                    break;
                case (byte)'c':
                    if (size == 0)
                    {
                        if (results.Count == 0 || !Arithmetic.TryConvert(results[^1], out var count)) throw call.Fail("format 'c0' needs a previous size"u8);
                        results.RemoveAt(results.Count - 1);
                        size = (long)LuaNumber.ToUnsigned(count);
                        CheckData(call, data.Length, position, size);
                    }
                    results.Add(machine.String(data.Slice((int)position, (int)size)));
                    break;
                case (byte)'s':
                    var length = data[(int)position..].IndexOf((byte)0);
                    if (length < 0) throw call.Fail("unfinished string in data"u8);
                    results.Add(machine.String(data.Slice((int)position, length)));
                    size = length + 1;
                    break;
                default:
                    format.Control(option);
                    break;
            }
            position += size;
        }
        results.Add(position + 1);
        System.Runtime.InteropServices.CollectionsMarshal.AsSpan(results).CopyTo(call.Results(results.Count));
        return results.Count;
    }

    private static void CheckData(LuaCall call, int length, long position, long size)
    {
        if ((ulong)size > (ulong)length || (ulong)position > (ulong)(length - size)) throw call.ArgumentError(2, "data string too short");
    }

    private static double Integer(ReadOnlySpan<byte> bytes, bool isBigEndian, bool isSigned)
    {
        ulong value = 0;
        for (var i = 0; i < bytes.Length; i++) value = (value << 8) | bytes[isBigEndian ? i : bytes.Length - 1 - i];
        if (!isSigned) return value;
        // A shift by more than there are bits is one by the rest, as the processor has it.
        var mask = ulong.MaxValue << (bytes.Length * 8 - 1);
        if ((value & mask) != 0) value |= mask;
        return (long)value;
    }

    private static int Size(LuaCall call)
    {
        var format = new Format(call);
        long position = 0;
        while (format.TryRead(out var option, out var size))
        {
            position += format.Padding(position, option, size);
            if (option == 's') throw call.ArgumentError(1, "option 's' has no fixed size");
            if (option == 'c' && size == 0) throw call.ArgumentError(1, "option 'c0' has no fixed size");
            if (!CType.IsAlphaNumeric(option)) format.Control(option);
            position += size;
        }
        return call.Return(position);
    }
}
