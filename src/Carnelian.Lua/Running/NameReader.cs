namespace Carnelian;

/// <summary>
/// Finds out what a script calls a value, by reading the code that put it into its register: a local, a global, a field, a method, an upvalue. As PUC's
/// ldebug.c does, for messages shall have the same names in the same cases.
/// </summary>
internal static class NameReader
{
    /// <summary>The name of what is in a register of a call; null if it has none.</summary>
    public static LuaString? OfRegister(LuaThread thread, int depth, int register, out string kind)
    {
        kind = "";
        ref var frame = ref thread.Frames[depth];
        return frame.Closure is { } closure ? OfRegister(closure.Prototype, frame.Pc - 1, register, ref kind) : null;
    }

    private static LuaString? OfRegister(LuaPrototype prototype, int pc, int register, ref string kind)
    {
        while (true)
        {
            if (prototype.LocalName(register, pc) is { } local)
            {
                kind = "local";
                return local;
            }
            var instruction = LastChange(prototype, pc, register);
            switch (Specializer.General(Instruction.OpcodeOf(instruction)))
            {
                case Opcode.GetGlobal:
                    kind = "global";
                    return (LuaString)prototype.Constants[Instruction.Bx(instruction)].Object!;
                case Opcode.Move when Instruction.B(instruction) < Instruction.A(instruction):
                    register = Instruction.B(instruction);
                    continue;
                case Opcode.GetTable:
                    kind = "field";
                    return ConstantName(prototype, Instruction.C(instruction));
                case Opcode.GetUpvalue:
                    kind = "upvalue";
                    return prototype.Upvalues[Instruction.B(instruction)].Name;
                case Opcode.Self:
                    kind = "method";
                    return ConstantName(prototype, Instruction.C(instruction));
                default: return null;
            }
        }
    }

    private static LuaString ConstantName(LuaPrototype prototype, int operand) =>
        Instruction.IsConstant(operand) && prototype.Constants[operand & Instruction.ConstantMax].Object is LuaString name ? name : LuaString.Of("?"u8);

    /// <summary>The instruction before a place that set a register last; the final return if there is none. Code that is jumped over forward is not looked at.</summary>
    private static ulong LastChange(LuaPrototype prototype, int end, int register)
    {
        var code = prototype.Code;
        var last = code.Length - 1;
        for (var pc = 0; pc < end; pc++)
        {
            var instruction = code[pc];
            var opcode = Specializer.General(Instruction.OpcodeOf(instruction));
            int a = Instruction.A(instruction), b = Instruction.B(instruction);
            if (a == register && Instruction.SetsA(opcode)) last = pc;
            switch (opcode)
            {
                case Opcode.LoadNil:
                    if (a <= register && register <= b) last = pc;
                    break;
                case Opcode.ForEach:
                    if (register >= a + 2) last = pc;
                    break;
                case Opcode.Call or Opcode.TailCall:
                    if (register >= a) last = pc;
                    break;
                case Opcode.Self:
                    if (register == a + 1) last = pc;
                    break;
                case Opcode.Jump or Opcode.ForLoop or Opcode.ForPrepare:
                    var target = pc + 1 + Instruction.Bx(instruction);
                    if (pc < target && target <= end) pc = target - 1;
                    break;
            }
        }
        return code[last];
    }

    /// <summary>What the caller of a call's function calls it; null if that is no function of a script.</summary>
    public static LuaString? OfFunction(LuaThread thread, int depth, out string kind)
    {
        kind = "";
        if (depth <= 0 || (thread.Frames[depth].Closure is not null && thread.Frames[depth].TailCalls > 0)) return null;
        ref var caller = ref thread.Frames[depth - 1];
        if (caller.Closure is not { } closure) return null;
        var instruction = closure.Prototype.Code[caller.Pc - 1];
        return Specializer.General(Instruction.OpcodeOf(instruction)) is Opcode.Call or Opcode.TailCall or Opcode.ForEach
            ? OfRegister(thread, depth - 1, Instruction.A(instruction), out kind)
            : null;
    }
}
