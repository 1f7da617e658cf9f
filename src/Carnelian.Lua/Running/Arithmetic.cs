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

    /// <summary>A number, or a string that reads as one.</summary>
    public static bool TryConvert(in LuaValue value, out double number)
    {
        number = value.Double;
        if (value.Object == Tags.Number) return true;
        return value.Object is LuaString text && LuaNumber.TryParse(text.Span, out number);
    }
}
