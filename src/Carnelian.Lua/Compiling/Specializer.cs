namespace Carnelian;

/// <summary>
/// Turns instructions of finished code into the special cases of what they do, so that running code need not ask each time whether an operand is a register or a
/// constant. Only the opcode changes, and <see cref="General"/> tells what it was, for those who read code to find names.
/// </summary>
internal static class Specializer
{
    public static void Specialize(LuaPrototype prototype)
    {
        var code = prototype.Code;
        for (var pc = 0; pc < code.Length; pc++)
            code[pc] = Instruction.WithOpcode(code[pc], Special(code[pc], prototype.Constants));
    }

    private static Opcode Special(ulong instruction, LuaValue[] constants)
    {
        var opcode = Instruction.OpcodeOf(instruction);
        int b = Instruction.B(instruction), c = Instruction.C(instruction);
        bool isB = Instruction.IsConstant(b), isC = Instruction.IsConstant(c);
        return opcode switch
        {
            Opcode.Add => Pick(opcode, Opcode.AddRR, Opcode.AddRK),
            Opcode.Subtract => Pick(opcode, Opcode.SubtractRR, Opcode.SubtractRK),
            Opcode.Multiply => Pick(opcode, Opcode.MultiplyRR, Opcode.MultiplyRK),
            Opcode.Divide => Pick(opcode, Opcode.DivideRR, Opcode.DivideRK),
            Opcode.Modulo => Pick(opcode, opcode, Opcode.ModuloRK),
            Opcode.GetTable when isC => IsString(c) ? Opcode.GetField : constants[c & Instruction.ConstantMax].IsNumber ? Opcode.GetElement : opcode,
            Opcode.GetTable => Opcode.GetIndex,
            Opcode.SetTable when isB => IsString(b) ? Opcode.SetField : opcode,
            Opcode.SetTable => Opcode.SetIndex,
            Opcode.Self when isC && IsString(c) => Opcode.SelfK,
            Opcode.Equal => isB ? opcode : isC ? Opcode.EqualRK : Opcode.EqualRR,
            Opcode.LessThan => isB ? isC ? opcode : Opcode.LessThanKR : isC ? Opcode.LessThanRK : Opcode.LessThanRR,
            Opcode.LessOrEqual => isB ? isC ? opcode : Opcode.LessOrEqualKR : isC ? Opcode.LessOrEqualRK : Opcode.LessOrEqualRR,
            Opcode.Return when b == 1 => Opcode.Return0,
            Opcode.Return when b == 2 => Opcode.Return1,
            Opcode.Call when b != 0 => Opcode.CallFixed,
            _ => opcode,
        };

        Opcode Pick(Opcode general, Opcode rr, Opcode rk)
        {
            if (isB) return general;
            if (!isC) return rr;
            return constants[c & Instruction.ConstantMax].IsNumber ? rk : general;
        }

        bool IsString(int operand) => constants[operand & Instruction.ConstantMax].IsString;
    }

    public static Opcode General(Opcode opcode) => opcode switch
    {
        <= Opcode.VarArg => opcode,
        Opcode.AddRR or Opcode.AddRK => Opcode.Add,
        Opcode.SubtractRR or Opcode.SubtractRK => Opcode.Subtract,
        Opcode.MultiplyRR or Opcode.MultiplyRK => Opcode.Multiply,
        Opcode.DivideRR or Opcode.DivideRK => Opcode.Divide,
        Opcode.ModuloRK => Opcode.Modulo,
        Opcode.GetField or Opcode.GetIndex or Opcode.GetElement => Opcode.GetTable,
        Opcode.SetField or Opcode.SetIndex => Opcode.SetTable,
        Opcode.SelfK => Opcode.Self,
        Opcode.EqualRR or Opcode.EqualRK => Opcode.Equal,
        Opcode.LessThanRR or Opcode.LessThanRK or Opcode.LessThanKR => Opcode.LessThan,
        Opcode.LessOrEqualRR or Opcode.LessOrEqualRK or Opcode.LessOrEqualKR => Opcode.LessOrEqual,
        Opcode.Return0 or Opcode.Return1 => Opcode.Return,
        Opcode.CallFixed => Opcode.Call,
        _ => opcode,
    };
}
