namespace Carnelian;

internal enum ExpressionKind : byte
{
    Void, // no value
    Nil,
    True,
    False,
    Constant, // Info: its index
    Number, // Number
    Local, // Info: its register
    Upvalue, // Info: its index
    Global, // Info: index of the constant with its name
    Indexed, // Info: register of the table; Aux: register or constant of the key
    Jump, // Info: the instruction
    Relocatable, // Info: the instruction, whose register A is still open
    Register, // Info: the register
    Call, // Info: the instruction
    VarArg, // Info: the instruction
}

/// <summary>An expression whose code is not finished: what it is, and the jumps out of it when it is true and when it is false.</summary>
internal struct Expression
{
    public const int NoJump = -1;

    public ExpressionKind Kind;
    public int Info, Aux;
    public double Value;

    /// <summary>Lists of jumps: each one's target, until it is known, is the next one.</summary>
    public int WhenTrue, WhenFalse;

    public Expression(ExpressionKind kind, int info = 0)
    {
        Kind = kind;
        Info = info;
        WhenTrue = WhenFalse = NoJump;
    }

    public readonly bool HasJumps => WhenTrue != WhenFalse;

    public readonly bool IsNumeral => Kind == ExpressionKind.Number && !HasJumps && WhenTrue == NoJump;

    public readonly bool HasManyResults => Kind is ExpressionKind.Call or ExpressionKind.VarArg;
}

internal enum BinaryOperator : byte
{
    Add, Subtract, Multiply, Divide, Modulo, Power, Concat, NotEqual, Equal, Less, LessOrEqual, Greater, GreaterOrEqual, And, Or, None,
}

internal enum UnaryOperator : byte { Negate, Not, Length, None }
