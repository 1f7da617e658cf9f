using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>What operators do with numbers.</summary>
internal static class Arithmetic
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static double Modulo(double left, double right) => left - Math.Floor(left / right) * right;

    public static double Compute(Opcode opcode, double left, double right) => opcode switch
    {
        Opcode.Add => left + right,
        Opcode.Subtract => left - right,
        Opcode.Multiply => left * right,
        Opcode.Divide => left / right,
        Opcode.Modulo => Modulo(left, right),
        Opcode.Power => Math.Pow(left, right),
        _ => -left,
    };

    /// <summary>A number, or a string that reads as one; of all else 0, as PUC's lua_tonumber has it, and not what its slot held before.</summary>
    public static bool TryConvert(in LuaValue value, out double number)
    {
        if (value.TryGetNumber(out number)) return true;
        number = 0;
        return value.Object is LuaString text && LuaNumber.TryParse(text.Span, out number);
    }
}
