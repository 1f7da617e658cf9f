namespace Carnelian;

/// <summary>
/// Makes traced code: <see cref="Opcode.Line"/> stands before each instruction, and so all places are twice what they were. The jump behind a comparison is a part of it, and stays next to it:
/// <code>
/// Equal  Jump  Move          Line  Equal  Jump  -  Line  Move
/// </code>
/// </summary>
internal static class TracedCode
{
    /// <summary>Goes on with what follows.</summary>
    private static readonly ulong _nothing = Instruction.Make(Opcode.Jump, 0, 0, 0);

    public static int PlaceOf(int pc) => 2 * pc;

    public static ulong[] Of(ulong[] code)
    {
        var traced = new ulong[2 * code.Length];
        for (var pc = 0; pc < code.Length; pc++)
        {
            var isPartOfTest = pc > 0 && Instruction.IsTest(Specializer.General(Instruction.OpcodeOf(code[pc - 1])));
            var place = PlaceOf(pc);
            (traced[place], traced[place + 1]) = isPartOfTest
                ? (Instruction.WithC(code[pc], 2 * Instruction.Bx(code[pc]) + 1), _nothing)
                : (IsImplied(code[pc]) ? _nothing : Instruction.Make(Opcode.Line, 0, 0, 0), Stretch(code[pc]));
        }
        return traced;
    }

    public static int[] LinesOf(int[] lines)
    {
        var traced = new int[2 * lines.Length];
        for (var i = 0; i < traced.Length; i++) traced[i] = lines[i / 2];
        return traced;
    }

    /// <summary>PUC's code has no such instruction, and no line begins with it.</summary>
    private static bool IsImplied(ulong instruction) => Instruction.OpcodeOf(instruction) == Opcode.LoadNil && Instruction.C(instruction) != 0;

    private static ulong Stretch(ulong instruction) => Instruction.OpcodeOf(instruction) switch
    {
        Opcode.Jump or Opcode.ForLoop or Opcode.ForPrepare => Instruction.WithC(instruction, 2 * Instruction.Bx(instruction)),
        Opcode.LoadBool => Instruction.WithC(instruction, 2 * Instruction.C(instruction)),
        _ => instruction,
    };
}
