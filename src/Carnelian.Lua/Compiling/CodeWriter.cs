namespace Carnelian;

/// <summary>
/// Writes the code of expressions: into which registers values go, and where jumps lead. It decides as PUC's compiler does (lcode.c), for registers, lines and
/// the order of instructions can be seen in messages.
/// </summary>
internal sealed class CodeWriter(FunctionState function)
{
    private const int NoJump = Expression.NoJump;

    /// <summary>Jumps to the instruction that comes next.</summary>
    private int _pending = NoJump;

    /// <summary>The last place that something jumps to: what stands before must not be joined with what follows.</summary>
    private int _lastTarget = -1;

    public int Write(Opcode opcode, int a, int b, int c)
    {
        PatchPending();
        return function.Append(Instruction.Make(opcode, a, b, c));
    }

    public void Nil(int from, int count)
    {
        if (function.Pc > _lastTarget && function.Pc > 0)
        {
            var previous = function[function.Pc - 1];
            if (Instruction.OpcodeOf(previous) == Opcode.LoadNil)
            {
                int first = Instruction.A(previous), last = Instruction.B(previous);
                if (first <= from && from <= last + 1)
                {
                    if (from + count - 1 > last) function[function.Pc - 1] = Instruction.WithB(previous, from + count - 1);
                    return;
                }
            }
        }
        // Where a function begins PUC's finds its registers clean, and writes nothing.
        var isImplied = function.Pc == 0 && function.Pc > _lastTarget && from >= function.ActiveCount;
        Write(Opcode.LoadNil, from, from + count - 1, isImplied ? 1 : 0);
    }

    public void Return(int first, int count) => Write(Opcode.Return, first, count + 1, 0);

    // Jumps.

    public int Jump()
    {
        var pending = _pending;
        _pending = NoJump;
        var jump = Write(Opcode.Jump, 0, 0, NoJump);
        Join(ref jump, pending);
        return jump;
    }

    private int ConditionalJump(Opcode opcode, int a, int b, int c)
    {
        Write(opcode, a, b, c);
        return Jump();
    }

    private void Fix(int jump, int target) => function[jump] = Instruction.WithC(function[jump], target - (jump + 1));

    /// <summary>Marks the place that comes next as one that is jumped to.</summary>
    public int Label() => _lastTarget = function.Pc;

    /// <summary>The next one of a list of jumps.</summary>
    private int NextJump(int jump)
    {
        var offset = Instruction.Bx(function[jump]);
        return offset == NoJump ? NoJump : jump + 1 + offset;
    }

    /// <summary>The instruction that decides about a jump: the test before it, or itself.</summary>
    private int Control(int jump) => jump >= 1 && Instruction.IsTest(Instruction.OpcodeOf(function[jump - 1])) ? jump - 1 : jump;

    /// <summary>Whether a jump of the list has no value with it, so that true or false must be loaded.</summary>
    private bool NeedsValue(int list)
    {
        for (; list != NoJump; list = NextJump(list))
            if (Instruction.OpcodeOf(function[Control(list)]) != Opcode.TestSet) return true;
        return false;
    }

    private bool PatchTestRegister(int jump, int register)
    {
        var at = Control(jump);
        var instruction = function[at];
        if (Instruction.OpcodeOf(instruction) != Opcode.TestSet) return false;
        if (register != Instruction.NoRegister && register != Instruction.B(instruction)) function[at] = Instruction.WithA(instruction, register);
        else function[at] = Instruction.Make(Opcode.Test, Instruction.B(instruction), 0, Instruction.C(instruction));
        return true;
    }

    private void RemoveValues(int list)
    {
        for (; list != NoJump; list = NextJump(list)) PatchTestRegister(list, Instruction.NoRegister);
    }

    private void Patch(int list, int withValue, int register, int otherwise)
    {
        while (list != NoJump)
        {
            var next = NextJump(list);
            Fix(list, PatchTestRegister(list, register) ? withValue : otherwise);
            list = next;
        }
    }

    private void PatchPending()
    {
        Patch(_pending, function.Pc, Instruction.NoRegister, function.Pc);
        _pending = NoJump;
    }

    public void Patch(int list, int target)
    {
        if (target == function.Pc) PatchToHere(list);
        else Patch(list, target, Instruction.NoRegister, target);
    }

    public void PatchToHere(int list)
    {
        Label();
        Join(ref _pending, list);
    }

    public void Join(ref int list, int other)
    {
        if (other == NoJump) return;
        if (list == NoJump)
        {
            list = other;
            return;
        }
        // Whichever ends first is put in front of the other one: lists grow by a jump or two at a time.
        int end = list, otherEnd = other;
        while (true)
        {
            var next = NextJump(end);
            if (next == NoJump)
            {
                Fix(end, other);
                return;
            }
            end = next;
            next = NextJump(otherEnd);
            if (next == NoJump)
            {
                Fix(otherEnd, list);
                list = other;
                return;
            }
            otherEnd = next;
        }
    }

    // Values into registers.

    private void Free(in Expression expression)
    {
        if (expression.Kind == ExpressionKind.Register) function.Free(expression.Info);
    }

    /// <summary>Says how many results an open call or "..." shall have; -1: all.</summary>
    public void SetResults(ref Expression expression, int count)
    {
        if (expression.Kind == ExpressionKind.Call) function[expression.Info] = Instruction.WithC(function[expression.Info], count + 1);
        else if (expression.Kind == ExpressionKind.VarArg)
        {
            function[expression.Info] = Instruction.WithA(Instruction.WithB(function[expression.Info], count + 1), function.FreeRegister);
            function.Reserve(1);
        }
    }

    public void SetOneResult(ref Expression expression)
    {
        if (expression.Kind == ExpressionKind.Call)
        {
            expression.Kind = ExpressionKind.Register;
            expression.Info = Instruction.A(function[expression.Info]);
        }
        else if (expression.Kind == ExpressionKind.VarArg)
        {
            function[expression.Info] = Instruction.WithB(function[expression.Info], 2);
            expression.Kind = ExpressionKind.Relocatable;
        }
    }

    /// <summary>Makes a variable a value.</summary>
    public void Discharge(ref Expression expression)
    {
        switch (expression.Kind)
        {
            case ExpressionKind.Local:
                expression.Kind = ExpressionKind.Register;
                break;
            case ExpressionKind.Upvalue:
                Relocate(ref expression, Write(Opcode.GetUpvalue, 0, expression.Info, 0));
                break;
            case ExpressionKind.Global:
                Relocate(ref expression, Write(Opcode.GetGlobal, 0, 0, expression.Info));
                break;
            case ExpressionKind.Indexed:
                function.Free(expression.Aux);
                function.Free(expression.Info);
                Relocate(ref expression, Write(Opcode.GetTable, 0, expression.Info, expression.Aux));
                break;
            case ExpressionKind.VarArg or ExpressionKind.Call:
                SetOneResult(ref expression);
                break;
        }
    }

    private static void Relocate(ref Expression expression, int instruction)
    {
        expression.Info = instruction;
        expression.Kind = ExpressionKind.Relocatable;
    }

    private void DischargeTo(ref Expression expression, int register)
    {
        Discharge(ref expression);
        switch (expression.Kind)
        {
            case ExpressionKind.Nil:
                Nil(register, 1);
                break;
            case ExpressionKind.True or ExpressionKind.False:
                Write(Opcode.LoadBool, register, expression.Kind == ExpressionKind.True ? 1 : 0, 0);
                break;
            case ExpressionKind.Constant:
                Write(Opcode.LoadK, register, 0, expression.Info);
                break;
            case ExpressionKind.Number:
                Write(Opcode.LoadK, register, 0, function.Constant(expression.Value));
                break;
            case ExpressionKind.Relocatable:
                function[expression.Info] = Instruction.WithA(function[expression.Info], register);
                break;
            case ExpressionKind.Register:
                if (register != expression.Info) Write(Opcode.Move, register, expression.Info, 0);
                break;
            default: return; // Void or a jump
        }
        expression.Info = register;
        expression.Kind = ExpressionKind.Register;
    }

    private void DischargeToAny(ref Expression expression)
    {
        if (expression.Kind == ExpressionKind.Register) return;
        function.Reserve(1);
        DischargeTo(ref expression, function.FreeRegister - 1);
    }

    private void To(ref Expression expression, int register)
    {
        DischargeTo(ref expression, register);
        if (expression.Kind == ExpressionKind.Jump) Join(ref expression.WhenTrue, expression.Info);
        if (expression.HasJumps)
        {
            int loadFalse = NoJump, loadTrue = NoJump;
            if (NeedsValue(expression.WhenTrue) || NeedsValue(expression.WhenFalse))
            {
                var pass = expression.Kind == ExpressionKind.Jump ? NoJump : Jump();
                Label();
                loadFalse = Write(Opcode.LoadBool, register, 0, 1);
                Label();
                loadTrue = Write(Opcode.LoadBool, register, 1, 0);
                PatchToHere(pass);
            }
            var end = Label();
            Patch(expression.WhenFalse, end, register, loadFalse);
            Patch(expression.WhenTrue, end, register, loadTrue);
        }
        expression = new(ExpressionKind.Register, register);
    }

    public void ToNextRegister(ref Expression expression)
    {
        Discharge(ref expression);
        Free(expression);
        function.Reserve(1);
        To(ref expression, function.FreeRegister - 1);
    }

    public int ToAnyRegister(ref Expression expression)
    {
        Discharge(ref expression);
        if (expression.Kind == ExpressionKind.Register)
        {
            if (!expression.HasJumps) return expression.Info;
            if (expression.Info >= function.ActiveCount)
            {
                To(ref expression, expression.Info);
                return expression.Info;
            }
        }
        ToNextRegister(ref expression);
        return expression.Info;
    }

    public void ToValue(ref Expression expression)
    {
        if (expression.HasJumps) ToAnyRegister(ref expression);
        else Discharge(ref expression);
    }

    /// <summary>To a register, or to a constant if its index is small enough.</summary>
    public int ToOperand(ref Expression expression)
    {
        ToValue(ref expression);
        switch (expression.Kind)
        {
            case ExpressionKind.Number or ExpressionKind.True or ExpressionKind.False or ExpressionKind.Nil:
                if (function.ConstantCount > Instruction.ConstantMax) break;
                expression.Info = expression.Kind switch
                {
                    ExpressionKind.Nil => function.NilConstant(),
                    ExpressionKind.Number => function.Constant(expression.Value),
                    var kind => function.Constant(kind == ExpressionKind.True),
                };
                expression.Kind = ExpressionKind.Constant;
                return expression.Info | Instruction.ConstantBit;
            case ExpressionKind.Constant when expression.Info <= Instruction.ConstantMax:
                return expression.Info | Instruction.ConstantBit;
        }
        return ToAnyRegister(ref expression);
    }

    public void Store(in Expression variable, ref Expression value)
    {
        switch (variable.Kind)
        {
            case ExpressionKind.Local:
                Free(value);
                To(ref value, variable.Info);
                return;
            case ExpressionKind.Upvalue:
                Write(Opcode.SetUpvalue, ToAnyRegister(ref value), variable.Info, 0);
                break;
            case ExpressionKind.Global:
                Write(Opcode.SetGlobal, ToAnyRegister(ref value), 0, variable.Info);
                break;
            default:
                Check.That(variable.Kind == ExpressionKind.Indexed);
                Write(Opcode.SetTable, variable.Info, variable.Aux, ToOperand(ref value));
                break;
        }
        Free(value);
    }

    public void Self(ref Expression expression, ref Expression key)
    {
        ToAnyRegister(ref expression);
        Free(expression);
        var register = function.FreeRegister;
        function.Reserve(2);
        Write(Opcode.Self, register, expression.Info, ToOperand(ref key));
        Free(key);
        expression.Info = register;
        expression.Kind = ExpressionKind.Register;
    }

    public void Index(ref Expression table, ref Expression key)
    {
        table.Aux = ToOperand(ref key);
        table.Kind = ExpressionKind.Indexed;
    }

    public void SetList(int table, int count, int toStore)
    {
        const int perFlush = Interpreter.FieldsPerFlush;
        Write(Opcode.SetList, table, toStore < 0 ? 0 : toStore, (count - 1) / perFlush * perFlush);
        function.FreeRegister = table + 1;
    }

    // Conditions.

    private void Invert(in Expression expression)
    {
        var at = Control(expression.Info);
        function[at] = Instruction.WithA(function[at], Instruction.A(function[at]) == 0 ? 1 : 0);
    }

    private int JumpOn(ref Expression expression, bool condition)
    {
        if (expression.Kind == ExpressionKind.Relocatable && Instruction.OpcodeOf(function[expression.Info]) == Opcode.Not)
        {
            var operand = Instruction.B(function[expression.Info]);
            function.RemoveLast();
            return ConditionalJump(Opcode.Test, operand, 0, condition ? 0 : 1);
        }
        DischargeToAny(ref expression);
        Free(expression);
        return ConditionalJump(Opcode.TestSet, Instruction.NoRegister, expression.Info, condition ? 1 : 0);
    }

    public void GoIfTrue(ref Expression expression)
    {
        Discharge(ref expression);
        int jump;
        switch (expression.Kind)
        {
            case ExpressionKind.Constant or ExpressionKind.Number or ExpressionKind.True:
                jump = NoJump;
                break;
            case ExpressionKind.Jump:
                Invert(expression);
                jump = expression.Info;
                break;
            default:
                jump = JumpOn(ref expression, false);
                break;
        }
        Join(ref expression.WhenFalse, jump);
        PatchToHere(expression.WhenTrue);
        expression.WhenTrue = NoJump;
    }

    private void GoIfFalse(ref Expression expression)
    {
        Discharge(ref expression);
        var jump = expression.Kind switch
        {
            ExpressionKind.Nil or ExpressionKind.False => NoJump,
            ExpressionKind.Jump => expression.Info,
            _ => JumpOn(ref expression, true),
        };
        Join(ref expression.WhenTrue, jump);
        PatchToHere(expression.WhenFalse);
        expression.WhenFalse = NoJump;
    }

    private void Not(ref Expression expression)
    {
        Discharge(ref expression);
        switch (expression.Kind)
        {
            case ExpressionKind.Nil or ExpressionKind.False:
                expression.Kind = ExpressionKind.True;
                break;
            case ExpressionKind.Constant or ExpressionKind.Number or ExpressionKind.True:
                expression.Kind = ExpressionKind.False;
                break;
            case ExpressionKind.Jump:
                Invert(expression);
                break;
            default:
                DischargeToAny(ref expression);
                Free(expression);
                Relocate(ref expression, Write(Opcode.Not, 0, expression.Info, 0));
                break;
        }
        (expression.WhenTrue, expression.WhenFalse) = (expression.WhenFalse, expression.WhenTrue);
        RemoveValues(expression.WhenFalse);
        RemoveValues(expression.WhenTrue);
    }

    // Operators.

    private static bool Fold(Opcode opcode, ref Expression left, in Expression right)
    {
        if (!left.IsNumeral || !right.IsNumeral || opcode is Opcode.Length or Opcode.Concat) return false;
        if (opcode is Opcode.Divide or Opcode.Modulo && right.Value == 0) return false;
        var result = Arithmetic.Compute(opcode, left.Value, right.Value);
        if (double.IsNaN(result)) return false;
        left.Value = result;
        return true;
    }

    private void Arith(Opcode opcode, ref Expression left, ref Expression right)
    {
        if (Fold(opcode, ref left, right)) return;
        var second = opcode is Opcode.Negate or Opcode.Length ? 0 : ToOperand(ref right);
        var first = ToOperand(ref left);
        if (first > second)
        {
            Free(left);
            Free(right);
        }
        else
        {
            Free(right);
            Free(left);
        }
        Relocate(ref left, Write(opcode, 0, first, second));
    }

    private void Compare(Opcode opcode, bool condition, ref Expression left, ref Expression right)
    {
        var first = ToOperand(ref left);
        var second = ToOperand(ref right);
        Free(right);
        Free(left);
        if (!condition && opcode != Opcode.Equal)
        {
            (first, second) = (second, first);
            condition = true;
        }
        left.Info = ConditionalJump(opcode, condition ? 1 : 0, first, second);
        left.Kind = ExpressionKind.Jump;
    }

    public void Prefix(UnaryOperator unary, ref Expression expression)
    {
        var zero = new Expression(ExpressionKind.Number);
        switch (unary)
        {
            case UnaryOperator.Negate:
                if (!expression.IsNumeral) ToAnyRegister(ref expression);
                Arith(Opcode.Negate, ref expression, ref zero);
                break;
            case UnaryOperator.Not:
                Not(ref expression);
                break;
            default:
                ToAnyRegister(ref expression);
                Arith(Opcode.Length, ref expression, ref zero);
                break;
        }
    }

    /// <summary>The left operand is there, the right one follows.</summary>
    public void Infix(BinaryOperator binary, ref Expression left)
    {
        switch (binary)
        {
            case BinaryOperator.And:
                GoIfTrue(ref left);
                break;
            case BinaryOperator.Or:
                GoIfFalse(ref left);
                break;
            case BinaryOperator.Concat:
                ToNextRegister(ref left);
                break;
            case <= BinaryOperator.Power:
                if (!left.IsNumeral) ToOperand(ref left);
                break;
            default:
                ToOperand(ref left);
                break;
        }
    }

    public void Postfix(BinaryOperator binary, ref Expression left, ref Expression right)
    {
        switch (binary)
        {
            case BinaryOperator.And:
                Discharge(ref right);
                Join(ref right.WhenFalse, left.WhenFalse);
                left = right;
                break;
            case BinaryOperator.Or:
                Discharge(ref right);
                Join(ref right.WhenTrue, left.WhenTrue);
                left = right;
                break;
            case BinaryOperator.Concat:
                Concat(ref left, ref right);
                break;
            case BinaryOperator.Add: Arith(Opcode.Add, ref left, ref right); break;
            case BinaryOperator.Subtract: Arith(Opcode.Subtract, ref left, ref right); break;
            case BinaryOperator.Multiply: Arith(Opcode.Multiply, ref left, ref right); break;
            case BinaryOperator.Divide: Arith(Opcode.Divide, ref left, ref right); break;
            case BinaryOperator.Modulo: Arith(Opcode.Modulo, ref left, ref right); break;
            case BinaryOperator.Power: Arith(Opcode.Power, ref left, ref right); break;
            case BinaryOperator.Equal: Compare(Opcode.Equal, true, ref left, ref right); break;
            case BinaryOperator.NotEqual: Compare(Opcode.Equal, false, ref left, ref right); break;
            case BinaryOperator.Less: Compare(Opcode.LessThan, true, ref left, ref right); break;
            case BinaryOperator.LessOrEqual: Compare(Opcode.LessOrEqual, true, ref left, ref right); break;
            case BinaryOperator.Greater: Compare(Opcode.LessThan, false, ref left, ref right); break;
            default: Compare(Opcode.LessOrEqual, false, ref left, ref right); break;
        }
    }

    /// <summary>a .. b .. c is one instruction over registers that follow each other.</summary>
    private void Concat(ref Expression left, ref Expression right)
    {
        ToValue(ref right);
        if (right.Kind == ExpressionKind.Relocatable && Instruction.OpcodeOf(function[right.Info]) == Opcode.Concat)
        {
            Free(left);
            function[right.Info] = Instruction.WithB(function[right.Info], left.Info);
            left.Kind = ExpressionKind.Relocatable;
            left.Info = right.Info;
            return;
        }
        ToNextRegister(ref right);
        Arith(Opcode.Concat, ref left, ref right);
    }
}
