namespace Carnelian;

/// <summary>What the two halves of the parser share: the tokens, the function that is being compiled, and how deep the text is nested.</summary>
internal sealed class ParserState(Lexer lexer, LuaString source, int level)
{
    private int _level = level;

    public Lexer Lexer => lexer;

    public LuaString Source => source;

    public FunctionState Function = null!;
    public CodeWriter Code = null!;

    public int LevelsLeft => LuaMachine.HostLevelsMax - _level;

    /// <summary>Each level of nesting takes stack of the host.</summary>
    public void Enter()
    {
        if (++_level > LuaMachine.HostLevelsMax) throw lexer.Error("chunk has too many syntax levels", 0);
    }

    public void Leave() => _level--;

    public bool Accept(int token)
    {
        if (lexer.Token != token) return false;
        lexer.Next();
        return true;
    }

    public void Require(int token)
    {
        if (lexer.Token != token) throw Expected(token);
    }

    public void Expect(int token)
    {
        Require(token);
        lexer.Next();
    }

    public LuaSyntaxException Expected(int token) => lexer.SyntaxError($"'{Tokens.Text(token)}' expected");

    /// <param name="opening">What <paramref name="token"/> closes, and where that stands.</param>
    public void ExpectMatch(int token, int opening, int line)
    {
        if (Accept(token)) return;
        if (line == lexer.Line) throw Expected(token);
        throw lexer.SyntaxError($"'{Tokens.Text(token)}' expected (to close '{Tokens.Text(opening)}' at line {line})");
    }

    public LuaString ExpectName()
    {
        Require(Tokens.Name);
        var name = lexer.Text;
        lexer.Next();
        return name;
    }

    public Expression TextConstant(LuaString text) => new(ExpressionKind.Constant, Function.Constant(text));

    public void OpenFunction(int line)
    {
        Function = new(Function, lexer, source, line);
        Code = new(Function);
    }

    /// <summary>Finishes the function and goes on with the one around it.</summary>
    public LuaPrototype CloseFunction(CodeWriter outerCode)
    {
        Function.Deactivate(0);
        Code.Return(0, 0);
        var prototype = Function.Finish();
        Function = Function.Outer!;
        Code = outerCode;
        return prototype;
    }
}

/// <summary>Parses statements, and writes code as it goes, in one pass.</summary>
internal sealed class Parser
{
    /// <summary>Names that no text tells: one each, for all machines.</summary>
    private static readonly LuaString
        _self = LuaString.Of("self"u8), _arg = LuaString.Of("arg"u8), _forIndex = LuaString.Of("(for index)"u8), _forLimit = LuaString.Of("(for limit)"u8),
        _forStep = LuaString.Of("(for step)"u8), _forGenerator = LuaString.Of("(for generator)"u8), _forState = LuaString.Of("(for state)"u8), _forControl = LuaString.Of("(for control)"u8);

    private readonly ParserState _state;
    private readonly ExpressionParser _expressions;

    private Parser(ParserState state)
    {
        _state = state;
        _expressions = new(state, this);
    }

    private Lexer Lexer => _state.Lexer;

    private FunctionState Function => _state.Function;

    private CodeWriter Code => _state.Code;

    /// <param name="level">Levels of the host's stack that are in use.</param>
    public static LuaPrototype Parse(byte[] text, LuaString name, StringCache strings, int level)
    {
        var state = new ParserState(new(text, name, strings), name, level);
        state.OpenFunction(0);
        state.Function.VarArgs = VarArgs.IsVarArg;
        state.Lexer.Next();
        new Parser(state).Chunk();
        state.Require(Tokens.EndOfStream);
        return state.CloseFunction(null!);
    }

    /// <summary>The parameters and statements of a function whose parenthesis comes next.</summary>
    public void FunctionBody(ref Expression result, bool isMethod, int line)
    {
        var outerCode = Code;
        _state.OpenFunction(line);
        _state.Expect('(');
        if (isMethod)
        {
            Function.NewLocal(_self, 0);
            Function.Activate(1);
        }
        Parameters();
        _state.Expect(')');
        Chunk();
        Function.LastLine = Lexer.Line;
        _state.ExpectMatch(Tokens.End, Tokens.Function, line);
        var prototype = _state.CloseFunction(outerCode);
        result = new(ExpressionKind.Relocatable, Code.Write(Opcode.Closure, 0, 0, Function.Add(prototype)));
    }

    private void Parameters()
    {
        var count = 0;
        if (Lexer.Token != ')')
        {
            do
            {
                if (Lexer.Token == Tokens.Name) Function.NewLocal(_state.ExpectName(), count++);
                else if (Lexer.Token == Tokens.Dots)
                {
                    Lexer.Next();
                    // Who does not use "..." gets the arguments in a table, as in Lua 5.0.
                    Function.NewLocal(_arg, count++);
                    Function.VarArgs = VarArgs.HasArg | VarArgs.NeedsArg | VarArgs.IsVarArg;
                }
                else throw Lexer.SyntaxError("<name> or '...' expected");
            }
            while (Function.VarArgs == VarArgs.None && _state.Accept(','));
        }
        Function.Activate(count);
        Function.ParameterCount = Function.ActiveCount - ((Function.VarArgs & VarArgs.HasArg) != 0 ? 1 : 0);
        Function.Reserve(Function.ActiveCount);
    }

    // Blocks.

    private static bool EndsBlock(int token) => token is Tokens.Else or Tokens.ElseIf or Tokens.End or Tokens.Until or Tokens.EndOfStream;

    public void Chunk()
    {
        var isLast = false;
        _state.Enter();
        while (!isLast && !EndsBlock(Lexer.Token))
        {
            isLast = Statement();
            _state.Accept(';');
            Function.FreeRegister = Function.ActiveCount;
        }
        _state.Leave();
    }

    private Block EnterBlock(bool isLoop) => Function.Block = new(Function.Block, Function.ActiveCount, isLoop);

    private void LeaveBlock()
    {
        var block = Function.Block!;
        Function.Block = block.Outer;
        Function.Deactivate(block.ActiveCount);
        if (block.HasUpvalue) Code.Write(Opcode.Close, block.ActiveCount, 0, 0);
        Function.FreeRegister = Function.ActiveCount;
        Code.PatchToHere(block.Breaks);
    }

    private void BlockOfStatements()
    {
        EnterBlock(isLoop: false);
        Chunk();
        LeaveBlock();
    }

    // Statements.

    /// <summary>Answers whether it must be the last one of its block.</summary>
    private bool Statement()
    {
        var line = Lexer.Line;
        switch (Lexer.Token)
        {
            case Tokens.If:
                If(line);
                return false;
            case Tokens.While:
                While(line);
                return false;
            case Tokens.Do:
                Lexer.Next();
                BlockOfStatements();
                _state.ExpectMatch(Tokens.End, Tokens.Do, line);
                return false;
            case Tokens.For:
                For(line);
                return false;
            case Tokens.Repeat:
                Repeat(line);
                return false;
            case Tokens.Function:
                FunctionStatement(line);
                return false;
            case Tokens.Local:
                Lexer.Next();
                if (_state.Accept(Tokens.Function)) LocalFunction();
                else Local();
                return false;
            case Tokens.Return:
                Return();
                return true;
            case Tokens.Break:
                Lexer.Next();
                Break();
                return true;
            default:
                CallOrAssignment();
                return false;
        }
    }

    private void If(int line)
    {
        var ends = Expression.NoJump;
        var next = TestThen();
        while (Lexer.Token == Tokens.ElseIf)
        {
            Code.Join(ref ends, Code.Jump());
            Code.PatchToHere(next);
            next = TestThen();
        }
        if (Lexer.Token == Tokens.Else)
        {
            Code.Join(ref ends, Code.Jump());
            Code.PatchToHere(next);
            Lexer.Next();
            BlockOfStatements();
        }
        else Code.Join(ref ends, next);
        Code.PatchToHere(ends);
        _state.ExpectMatch(Tokens.End, Tokens.If, line);
    }

    /// <summary>The jump when the condition does not hold.</summary>
    private int TestThen()
    {
        Lexer.Next();
        var exit = Condition();
        _state.Expect(Tokens.Then);
        BlockOfStatements();
        return exit;
    }

    private int Condition()
    {
        Expression condition = default;
        _expressions.Read(ref condition);
        if (condition.Kind == ExpressionKind.Nil) condition.Kind = ExpressionKind.False;
        Code.GoIfTrue(ref condition);
        return condition.WhenFalse;
    }

    private void While(int line)
    {
        Lexer.Next();
        var start = Code.Label();
        var exit = Condition();
        EnterBlock(isLoop: true);
        _state.Expect(Tokens.Do);
        BlockOfStatements();
        Code.Patch(Code.Jump(), start);
        _state.ExpectMatch(Tokens.End, Tokens.While, line);
        LeaveBlock();
        Code.PatchToHere(exit);
    }

    private void Repeat(int line)
    {
        var start = Code.Label();
        EnterBlock(isLoop: true);
        var scope = EnterBlock(isLoop: false);
        Lexer.Next();
        Chunk();
        _state.ExpectMatch(Tokens.Until, Tokens.Repeat, line);
        var exit = Condition();
        if (!scope.HasUpvalue)
        {
            LeaveBlock();
            Code.Patch(exit, start);
        }
        else
        {
            // The closures' variables end with each round.
            Break();
            Code.PatchToHere(exit);
            LeaveBlock();
            Code.Patch(Code.Jump(), start);
        }
        LeaveBlock();
    }

    private void Break()
    {
        var block = Function.Block;
        var hasUpvalue = false;
        while (block is not null && !block.IsLoop)
        {
            hasUpvalue |= block.HasUpvalue;
            block = block.Outer;
        }
        if (block is null) throw Lexer.SyntaxError("no loop to break");
        if (hasUpvalue) Code.Write(Opcode.Close, block.ActiveCount, 0, 0);
        Code.Join(ref block.Breaks, Code.Jump());
    }

    private void For(int line)
    {
        EnterBlock(isLoop: true);
        Lexer.Next();
        var name = _state.ExpectName();
        switch (Lexer.Token)
        {
            case '=':
                NumericFor(name, line);
                break;
            case ',' or Tokens.In:
                GenericFor(name);
                break;
            default: throw Lexer.SyntaxError("'=' or 'in' expected");
        }
        _state.ExpectMatch(Tokens.End, Tokens.For, line);
        LeaveBlock();
    }

    private void NumericFor(LuaString name, int line)
    {
        var first = Function.FreeRegister;
        Function.NewLocal(_forIndex, 0);
        Function.NewLocal(_forLimit, 1);
        Function.NewLocal(_forStep, 2);
        Function.NewLocal(name, 3);
        _state.Expect('=');
        ToNextRegister();
        _state.Expect(',');
        ToNextRegister();
        if (_state.Accept(',')) ToNextRegister();
        else
        {
            Code.Write(Opcode.LoadK, Function.FreeRegister, 0, Function.Constant(1));
            Function.Reserve(1);
        }
        ForBody(first, line, 1, isNumeric: true);
    }

    private void ToNextRegister()
    {
        Expression value = default;
        _expressions.Read(ref value);
        Code.ToNextRegister(ref value);
    }

    private void GenericFor(LuaString name)
    {
        var first = Function.FreeRegister;
        var count = 0;
        Function.NewLocal(_forGenerator, count++);
        Function.NewLocal(_forState, count++);
        Function.NewLocal(_forControl, count++);
        Function.NewLocal(name, count++);
        while (_state.Accept(',')) Function.NewLocal(_state.ExpectName(), count++);
        _state.Expect(Tokens.In);
        var line = Lexer.Line;
        Expression value = default;
        AdjustAssignment(3, _expressions.ReadList(ref value), ref value);
        Function.CheckStack(3);
        ForBody(first, line, count - 3, isNumeric: false);
    }

    private void ForBody(int first, int line, int count, bool isNumeric)
    {
        Function.Activate(3);
        _state.Expect(Tokens.Do);
        var prepare = isNumeric ? Code.Write(Opcode.ForPrepare, first, 0, Expression.NoJump) : Code.Jump();
        EnterBlock(isLoop: false);
        Function.Activate(count);
        Function.Reserve(count);
        BlockOfStatements();
        LeaveBlock();
        Code.PatchToHere(prepare);
        var end = isNumeric ? Code.Write(Opcode.ForLoop, first, 0, Expression.NoJump) : Code.Write(Opcode.ForEach, first, 0, count);
        Function.FixLine(line);
        Code.Patch(isNumeric ? end : Code.Jump(), prepare + 1);
    }

    private void FunctionStatement(int line)
    {
        Lexer.Next();
        Expression variable = default, body = default;
        var isMethod = false;
        _expressions.Variable(ref variable);
        while (Lexer.Token == '.') _expressions.Field(ref variable);
        if (Lexer.Token == ':')
        {
            isMethod = true;
            _expressions.Field(ref variable);
        }
        FunctionBody(ref body, isMethod, line);
        Code.Store(variable, ref body);
        Function.FixLine(line);
    }

    private void LocalFunction()
    {
        Function.NewLocal(_state.ExpectName(), 0);
        var variable = new Expression(ExpressionKind.Local, Function.FreeRegister);
        Function.Reserve(1);
        Function.Activate(1);
        Expression body = default;
        FunctionBody(ref body, false, Lexer.Line);
        Code.Store(variable, ref body);
        Function.StartLocal(Function.ActiveCount - 1);
    }

    private void Local()
    {
        var count = 0;
        do Function.NewLocal(_state.ExpectName(), count++);
        while (_state.Accept(','));
        var value = new Expression(ExpressionKind.Void);
        var values = _state.Accept('=') ? _expressions.ReadList(ref value) : 0;
        AdjustAssignment(count, values, ref value);
        Function.Activate(count);
    }

    /// <summary>Makes as many values as there are variables.</summary>
    private void AdjustAssignment(int variables, int values, ref Expression last)
    {
        var extra = variables - values;
        if (last.HasManyResults)
        {
            extra = Math.Max(0, extra + 1);
            Code.SetResults(ref last, extra);
            if (extra > 1) Function.Reserve(extra - 1);
            return;
        }
        if (last.Kind != ExpressionKind.Void) Code.ToNextRegister(ref last);
        if (extra <= 0) return;
        var register = Function.FreeRegister;
        Function.Reserve(extra);
        Code.Nil(register, extra);
    }

    private void Return()
    {
        Lexer.Next();
        int first = 0, count = 0;
        if (!EndsBlock(Lexer.Token) && Lexer.Token != ';')
        {
            Expression value = default;
            count = _expressions.ReadList(ref value);
            if (value.HasManyResults)
            {
                Code.SetResults(ref value, -1);
                if (value.Kind == ExpressionKind.Call && count == 1)
                    Function[value.Info] = Instruction.WithOpcode(Function[value.Info], Opcode.TailCall);
                first = Function.ActiveCount;
                count = -1;
            }
            else if (count == 1) first = Code.ToAnyRegister(ref value);
            else
            {
                Code.ToNextRegister(ref value);
                first = Function.ActiveCount;
            }
        }
        Code.Return(first, count);
    }

    private void CallOrAssignment()
    {
        var target = new Target(null);
        _expressions.ReadPrimary(ref target.Variable);
        if (target.Variable.Kind == ExpressionKind.Call)
            Function[target.Variable.Info] = Instruction.WithC(Function[target.Variable.Info], 1);
        else Assignment(target, 1);
    }

    /// <summary>A variable on the left side of an assignment, and those before it.</summary>
    private sealed class Target(Target? previous)
    {
        public readonly Target? Previous = previous;
        public Expression Variable;
    }

    private void Assignment(Target target, int count)
    {
        if (target.Variable.Kind is < ExpressionKind.Local or > ExpressionKind.Indexed) throw Lexer.SyntaxError("syntax error");
        Expression value = default;
        if (_state.Accept(','))
        {
            var next = new Target(target);
            _expressions.ReadPrimary(ref next.Variable);
            if (next.Variable.Kind == ExpressionKind.Local) ResolveConflict(target, next.Variable);
            Function.CheckLimit(count, _state.LevelsLeft, "variables in assignment");
            Assignment(next, count + 1);
        }
        else
        {
            _state.Expect('=');
            var values = _expressions.ReadList(ref value);
            if (values == count)
            {
                Code.SetOneResult(ref value);
                Code.Store(target.Variable, ref value);
                return;
            }
            AdjustAssignment(count, values, ref value);
            if (values > count) Function.FreeRegister -= values - count;
        }
        value = new(ExpressionKind.Register, Function.FreeRegister - 1);
        Code.Store(target.Variable, ref value);
    }

    /// <summary>A local variable that is assigned to and also is table or key of an earlier target: that one uses a copy.</summary>
    private void ResolveConflict(Target? target, in Expression local)
    {
        var copy = Function.FreeRegister;
        var isNeeded = false;
        for (; target is not null; target = target.Previous)
        {
            if (target.Variable.Kind != ExpressionKind.Indexed) continue;
            if (target.Variable.Info == local.Info)
            {
                isNeeded = true;
                target.Variable.Info = copy;
            }
            if (target.Variable.Aux == local.Info)
            {
                isNeeded = true;
                target.Variable.Aux = copy;
            }
        }
        if (!isNeeded) return;
        Code.Write(Opcode.Move, copy, local.Info, 0);
        Function.Reserve(1);
    }
}
