namespace Carnelian;

/// <summary>Parses expressions, by the precedence of their operators.</summary>
internal sealed class ExpressionParser(ParserState state, Parser statements)
{
    private const int UnaryPriority = 8;

    /// <summary>How strongly each operator binds to its left and to its right; who binds more strongly to the left is right associative.</summary>
    private static ReadOnlySpan<byte> LeftPriority => [6, 6, 7, 7, 7, 10, 5, 3, 3, 3, 3, 3, 3, 2, 1];

    private static ReadOnlySpan<byte> RightPriority => [6, 6, 7, 7, 7, 9, 4, 3, 3, 3, 3, 3, 3, 2, 1];

    private Lexer Lexer => state.Lexer;

    private FunctionState Function => state.Function;

    private CodeWriter Code => state.Code;

    public void Read(ref Expression result) => ReadAbove(ref result, 0);

    /// <summary>Expressions with commas between; all but the last are in registers then. Answers how many.</summary>
    public int ReadList(ref Expression last)
    {
        var count = 1;
        Read(ref last);
        while (state.Accept(','))
        {
            Code.ToNextRegister(ref last);
            Read(ref last);
            count++;
        }
        return count;
    }

    /// <summary>Reads while operators bind more strongly than a limit; answers the first one that does not.</summary>
    private BinaryOperator ReadAbove(ref Expression result, int limit)
    {
        state.Enter();
        var unary = Unary(Lexer.Token);
        if (unary != UnaryOperator.None)
        {
            Lexer.Next();
            ReadAbove(ref result, UnaryPriority);
            Code.Prefix(unary, ref result);
        }
        else ReadSimple(ref result);
        var binary = Binary(Lexer.Token);
        while (binary != BinaryOperator.None && LeftPriority[(int)binary] > limit)
        {
            Lexer.Next();
            Code.Infix(binary, ref result);
            Expression right = default;
            var next = ReadAbove(ref right, RightPriority[(int)binary]);
            Code.Postfix(binary, ref result, ref right);
            binary = next;
        }
        state.Leave();
        return binary;
    }

    private static UnaryOperator Unary(int token) => token switch
    {
        Tokens.Not => UnaryOperator.Not,
        '-' => UnaryOperator.Negate,
        '#' => UnaryOperator.Length,
        _ => UnaryOperator.None,
    };

    private static BinaryOperator Binary(int token) => token switch
    {
        '+' => BinaryOperator.Add,
        '-' => BinaryOperator.Subtract,
        '*' => BinaryOperator.Multiply,
        '/' => BinaryOperator.Divide,
        '%' => BinaryOperator.Modulo,
        '^' => BinaryOperator.Power,
        Tokens.Concat => BinaryOperator.Concat,
        Tokens.NotEqual => BinaryOperator.NotEqual,
        Tokens.Equal => BinaryOperator.Equal,
        '<' => BinaryOperator.Less,
        Tokens.LessOrEqual => BinaryOperator.LessOrEqual,
        '>' => BinaryOperator.Greater,
        Tokens.GreaterOrEqual => BinaryOperator.GreaterOrEqual,
        Tokens.And => BinaryOperator.And,
        Tokens.Or => BinaryOperator.Or,
        _ => BinaryOperator.None,
    };

    private void ReadSimple(ref Expression result)
    {
        switch (Lexer.Token)
        {
            case Tokens.Number:
                result = new(ExpressionKind.Number) { Value = Lexer.Number };
                break;
            case Tokens.String:
                result = state.TextConstant(Lexer.Text);
                break;
            case Tokens.Nil:
                result = new(ExpressionKind.Nil);
                break;
            case Tokens.True:
                result = new(ExpressionKind.True);
                break;
            case Tokens.False:
                result = new(ExpressionKind.False);
                break;
            case Tokens.Dots:
                if (Function.VarArgs == VarArgs.None) throw Lexer.SyntaxError("cannot use '...' outside a vararg function");
                Function.VarArgs &= ~VarArgs.NeedsArg;
                result = new(ExpressionKind.VarArg, Code.Write(Opcode.VarArg, 0, 1, 0));
                break;
            case '{':
                Constructor(ref result);
                return;
            case Tokens.Function:
                Lexer.Next();
                statements.FunctionBody(ref result, false, Lexer.Line);
                return;
            default:
                ReadPrimary(ref result);
                return;
        }
        Lexer.Next();
    }

    // Variables and calls.

    public void Variable(ref Expression result)
    {
        var name = state.ExpectName();
        if (Function.Find(name, ref result) == ExpressionKind.Global) result.Info = Function.Constant(name);
    }

    /// <summary>A dot or colon and a name.</summary>
    public void Field(ref Expression result)
    {
        Code.ToAnyRegister(ref result);
        Lexer.Next();
        var key = state.TextConstant(state.ExpectName());
        Code.Index(ref result, ref key);
    }

    private void Prefix(ref Expression result)
    {
        switch (Lexer.Token)
        {
            case '(':
                var line = Lexer.Line;
                Lexer.Next();
                Read(ref result);
                state.ExpectMatch(')', '(', line);
                Code.Discharge(ref result);
                return;
            case Tokens.Name:
                Variable(ref result);
                return;
            default: throw Lexer.SyntaxError("unexpected symbol");
        }
    }

    /// <summary>A variable, a field, a call.</summary>
    public void ReadPrimary(ref Expression result)
    {
        Prefix(ref result);
        while (true)
        {
            Expression key = default;
            switch (Lexer.Token)
            {
                case '.':
                    Field(ref result);
                    break;
                case '[':
                    Code.ToAnyRegister(ref result);
                    Key(ref key);
                    Code.Index(ref result, ref key);
                    break;
                case ':':
                    Lexer.Next();
                    key = state.TextConstant(state.ExpectName());
                    Code.Self(ref result, ref key);
                    Arguments(ref result);
                    break;
                case '(' or Tokens.String or '{':
                    Code.ToNextRegister(ref result);
                    Arguments(ref result);
                    break;
                default: return;
            }
        }
    }

    private void Key(ref Expression key)
    {
        Lexer.Next();
        Read(ref key);
        Code.ToValue(ref key);
        state.Expect(']');
    }

    private void Arguments(ref Expression function)
    {
        var line = Lexer.Line;
        var arguments = new Expression(ExpressionKind.Void);
        switch (Lexer.Token)
        {
            case '(':
                if (line != Lexer.LastLine) throw Lexer.SyntaxError("ambiguous syntax (function call x new statement)");
                Lexer.Next();
                if (Lexer.Token != ')')
                {
                    ReadList(ref arguments);
                    Code.SetResults(ref arguments, -1);
                }
                state.ExpectMatch(')', '(', line);
                break;
            case '{':
                Constructor(ref arguments);
                break;
            case Tokens.String:
                arguments = state.TextConstant(Lexer.Text);
                Lexer.Next();
                break;
            default: throw Lexer.SyntaxError("function arguments expected");
        }
        var first = function.Info;
        var count = -1;
        if (!arguments.HasManyResults)
        {
            if (arguments.Kind != ExpressionKind.Void) Code.ToNextRegister(ref arguments);
            count = Function.FreeRegister - (first + 1);
        }
        function = new(ExpressionKind.Call, Code.Write(Opcode.Call, first, count + 1, 2));
        Function.FixLine(line);
        Function.FreeRegister = first + 1;
    }

    // Tables.

    /// <summary>The items of a table that is being made.</summary>
    private struct Items
    {
        /// <summary>The one that was read last and is not in a register yet.</summary>
        public Expression Last;

        public int Table, Fields, Elements, ToStore;
    }

    private void Constructor(ref Expression result)
    {
        var line = Lexer.Line;
        var pc = Code.Write(Opcode.NewTable, 0, 0, 0);
        result = new(ExpressionKind.Relocatable, pc);
        Code.ToNextRegister(ref result);
        var items = new Items { Last = new(ExpressionKind.Void), Table = result.Info };
        state.Expect('{');
        do
        {
            if (Lexer.Token == '}') break;
            CloseElement(ref items);
            if (Lexer.Token == '[' || (Lexer.Token == Tokens.Name && Lexer.LookAhead() == '=')) Record(ref items);
            else Element(ref items);
        }
        while (state.Accept(',') || state.Accept(';'));
        state.ExpectMatch('}', '{', line);
        StoreElements(ref items);
        var sizes = Function[pc];
        // B has 16 bits: a hashed part beyond that grows on by doubling. An array would grow by what each SETLIST brings.
        Function[pc] = Instruction.WithB(Instruction.WithC(sizes, RoundSize(items.Elements)), Math.Min(RoundSize(items.Fields), ushort.MaxValue));
    }

    /// <summary>As PUC's rounds sizes, up to three significant bits, for it can be seen in borders.</summary>
    private static int RoundSize(int size)
    {
        var shift = 0;
        for (; size >= 16; shift++) size = (size + 1) >> 1;
        return size << shift;
    }

    private void Record(ref Items items)
    {
        var register = Function.FreeRegister;
        Expression key = default, value = default;
        if (Lexer.Token == Tokens.Name) key = state.TextConstant(state.ExpectName());
        else Key(ref key);
        items.Fields++;
        state.Expect('=');
        var keyOperand = Code.ToOperand(ref key);
        Read(ref value);
        Code.Write(Opcode.SetTable, items.Table, keyOperand, Code.ToOperand(ref value));
        Function.FreeRegister = register;
    }

    private void Element(ref Items items)
    {
        Read(ref items.Last);
        items.Elements++;
        items.ToStore++;
    }

    private void CloseElement(ref Items items)
    {
        if (items.Last.Kind == ExpressionKind.Void) return;
        Code.ToNextRegister(ref items.Last);
        items.Last.Kind = ExpressionKind.Void;
        if (items.ToStore != Interpreter.FieldsPerFlush) return;
        Code.SetList(items.Table, items.Elements, items.ToStore);
        items.ToStore = 0;
    }

    private void StoreElements(ref Items items)
    {
        if (items.ToStore == 0) return;
        if (items.Last.HasManyResults)
        {
            Code.SetResults(ref items.Last, -1);
            Code.SetList(items.Table, items.Elements, -1);
            items.Elements--;
        }
        else
        {
            if (items.Last.Kind != ExpressionKind.Void) Code.ToNextRegister(ref items.Last);
            Code.SetList(items.Table, items.Elements, items.ToStore);
        }
    }
}
