namespace Carnelian;

/// <summary>
/// What an instruction does. R is a register, K a constant, U an upvalue; RK is a register, or with <see cref="Instruction.ConstantBit"/> a constant. The first
/// ones are the set that the compiler writes, as PUC's compiler does, for names in messages are found by reading the code backwards. Then come special cases, into
/// which <see cref="Specializer"/> turns finished code: same operands, less to ask when they run.
/// </summary>
internal enum Opcode : byte
{
    Move, // R[A] = R[B]
    LoadK, // R[A] = K[Bx]
    LoadBool, // R[A] = B != 0; skip C
    LoadNil, // R[A] … R[B] = nil; if C, PUC's code does without it
    GetUpvalue, // R[A] = U[B]
    GetGlobal, // R[A] = environment[K[Bx]]
    GetTable, // R[A] = R[B][RK[C]]
    SetGlobal, // environment[K[Bx]] = R[A]
    SetUpvalue, // U[B] = R[A]
    SetTable, // R[A][RK[B]] = RK[C]
    NewTable, // R[A] = {}, with room for B in the hashed part and C in the array
    Self, // R[A + 1] = R[B]; R[A] = R[B][RK[C]]
    Add, // R[A] = RK[B] + RK[C]
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Negate, // R[A] = -R[B]
    Not,
    Length,
    Concat, // R[A] = R[B] .. … .. R[C]
    Jump, // pc += Bx
    Equal, // if (RK[B] == RK[C]) != A skip one; a jump follows
    LessThan,
    LessOrEqual,
    Test, // if R[A] is not C skip one; a jump follows
    TestSet, // if R[B] is C then R[A] = R[B] else skip one; a jump follows
    Call, // R[A], … = R[A](R[A + 1] … ); B - 1 arguments, C - 1 results; 0: all up to the top
    TailCall,
    Return, // R[A] …; B - 1 results; 0: all up to the top
    ForLoop, // R[A] += R[A + 2]; if it is within R[A + 1] then R[A + 3] = R[A] and pc += Bx
    ForPrepare, // R[A] -= R[A + 2]; pc += Bx
    ForEach, // R[A + 3], … R[A + 2 + C] = R[A](R[A + 1], R[A + 2]); if R[A + 3] is nil skip one else R[A + 2] = R[A + 3]; a jump follows
    SetList, // R[A][offset + i] = R[A + i] for 1 … B; the offset is C
    Close, // upvalues from R[A] on
    Closure, // R[A] = closure of prototype Bx
    VarArg, // R[A] … = ...; B - 1 of them; 0: all, which sets the top

    // With two registers, with a constant on the right, and so on.
    AddRR, AddRK, SubtractRR, SubtractRK, MultiplyRR, MultiplyRK, DivideRR, DivideRK, ModuloRK,
    GetField, // the key is a constant string
    GetIndex, // the key is in a register
    GetElement, // the key is a constant number
    SetField, // the key is a constant string
    SetIndex, // the key is in a register
    SelfK, // the key is a constant string
    EqualRR, EqualRK, LessThanRR, LessThanRK, LessThanKR, LessOrEqualRR, LessOrEqualRK, LessOrEqualKR,
    Return0, // no results
    Return1, // one
    CallFixed, // so many arguments

    Line, // of traced code: looks whether a line begins
}
