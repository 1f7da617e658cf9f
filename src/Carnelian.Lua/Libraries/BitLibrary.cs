using System.Numerics;

namespace Carnelian;

/// <summary>bit: operations on integers of 32 bits, as in LuaJIT.</summary>
internal static class BitLibrary
{
    public static void Register(LuaMachine machine)
    {
        var library = Library.NewLibrary(machine, "bit");
        library.Add(machine, "tobit", call => Return(call, Argument(call, 1)));
        library.Add(machine, "bnot", call => Return(call, ~Argument(call, 1)));
        library.Add(machine, "band", call => Fold(call, (left, right) => left & right));
        library.Add(machine, "bor", call => Fold(call, (left, right) => left | right));
        library.Add(machine, "bxor", call => Fold(call, (left, right) => left ^ right));
        library.Add(machine, "lshift", call => Shift(call, (value, count) => value << count));
        library.Add(machine, "rshift", call => Shift(call, (value, count) => value >> count));
        library.Add(machine, "arshift", call => Shift(call, (value, count) => (uint)((int)value >> count)));
        library.Add(machine, "rol", call => Shift(call, BitOperations.RotateLeft));
        library.Add(machine, "ror", call => Shift(call, BitOperations.RotateRight));
        library.Add(machine, "bswap", call => Return(call, System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(Argument(call, 1))));
        library.Add(machine, "tohex", ToHex);
    }

    /// <summary>Rounded to an integer, of which the lower 32 bits count: adding 2^52 + 2^51 brings them to the end of a double.</summary>
    private static uint Argument(LuaCall call, int argument)
    {
        const double shift = 6755399441055744.0;
        var isNumber = Arithmetic.TryConvert(call[argument], out var number);
        var bits = (uint)BitConverter.DoubleToUInt64Bits((isNumber ? number : 0) + shift);
        return bits != 0 || isNumber ? bits : throw call.TypeError(argument, "number");
    }

    private static int Return(LuaCall call, uint bits) => call.Return((int)bits);

    private static int Fold(LuaCall call, Func<uint, uint, uint> fold)
    {
        var bits = Argument(call, 1);
        for (var i = call.Count; i > 1; i--) bits = fold(bits, Argument(call, i));
        return Return(call, bits);
    }

    private static int Shift(LuaCall call, Func<uint, int, uint> shift)
    {
        var bits = Argument(call, 1);
        return Return(call, shift(bits, (int)(Argument(call, 2) & 31)));
    }

    /// <summary>So many digits of the lower end; a negative count: in capitals.</summary>
    private static int ToHex(LuaCall call)
    {
        var bits = Argument(call, 1);
        var count = call.IsNone(2) ? 8 : (int)Argument(call, 2);
        if (count == int.MinValue) count++;
        var digits = count < 0 ? "0123456789ABCDEF"u8 : "0123456789abcdef"u8;
        count = Math.Min(Math.Abs(count), 8);
        Span<byte> text = stackalloc byte[8];
        for (var i = count - 1; i >= 0; i--, bits >>= 4) text[i] = digits[(int)(bits & 15)];
        return call.Return(call.Machine.String(text[..count]));
    }
}
