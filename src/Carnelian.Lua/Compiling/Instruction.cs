using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// An instruction in 64 bits: | opcode 8 | A 8 | B 16 | C 32, or Bx 32 |. PUC's have 32; the wider ones have no limits to constants and jumps, need no masks and
/// take as long to load.
/// </summary>
internal static class Instruction
{
    /// <summary>In an operand that may be a register or a constant: it is a constant.</summary>
    public const int ConstantBit = 1 << 8;

    /// <summary>Constants beyond are loaded to registers first, as PUC's are.</summary>
    public const int ConstantMax = ConstantBit - 1;

    /// <summary>No register.</summary>
    public const int NoRegister = 255;

    public static ulong Make(Opcode opcode, int a, int b, int c) => (byte)opcode | ((ulong)(byte)a << 8) | ((ulong)(ushort)b << 16) | ((ulong)(uint)c << 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Opcode OpcodeOf(ulong instruction) => (Opcode)(byte)instruction;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int A(ulong instruction) => (byte)(instruction >> 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int B(ulong instruction) => (ushort)(instruction >> 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int C(ulong instruction) => (int)(instruction >> 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Bx(ulong instruction) => (int)(instruction >> 32);

    public static bool IsConstant(int operand) => (operand & ConstantBit) != 0;

    public static ulong WithOpcode(ulong instruction, Opcode opcode) => (instruction & ~0xFFul) | (byte)opcode;

    public static ulong WithA(ulong instruction, int a) => (instruction & ~0xFF00ul) | ((ulong)(byte)a << 8);

    public static ulong WithB(ulong instruction, int b) => (instruction & ~0xFFFF0000ul) | ((ulong)(ushort)b << 16);

    public static ulong WithC(ulong instruction, int c) => (uint)instruction | ((ulong)(uint)c << 32);

    /// <summary>Skips the next instruction, a jump, or not.</summary>
    public static bool IsTest(Opcode opcode) => opcode is Opcode.Equal or Opcode.LessThan or Opcode.LessOrEqual or Opcode.Test or Opcode.TestSet or Opcode.ForEach;

    /// <summary>Writes register A.</summary>
    public static bool SetsA(Opcode opcode) => opcode switch
    {
        Opcode.SetGlobal or Opcode.SetUpvalue or Opcode.SetTable or Opcode.Jump or Opcode.Equal or Opcode.LessThan or Opcode.LessOrEqual or Opcode.Return
            or Opcode.ForEach or Opcode.SetList or Opcode.Close or Opcode.Line => false,
        _ => true,
    };
}
