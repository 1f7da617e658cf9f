using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A function that is being compiled: its code so far, its constants, its variables and which registers are in use.</summary>
internal sealed class FunctionState(FunctionState? outer, Lexer lexer, LuaString source, int line)
{
    /// <summary>What compiling takes is counted for so many instructions at a time: bytes, while lists grow, and steps.</summary>
    private const int CountedAtOnce = 1024, BytesPerInstruction = 24, StepsPerInstruction = 8;

    /// <summary>Constants of a function, and functions within it, as PUC's MAXARG_Bx.</summary>
    private const int TableMax = (1 << 18) - 1;

    /// <summary>Of a constant, in its list and where it is looked up.</summary>
    private const int BytesPerConstant = 64;

    public const int LocalsMax = 200, UpvaluesMax = 60, RegistersMax = 250;

    private readonly List<ulong> _code = [];
    private readonly List<int> _lines = [];
    private readonly List<LuaValue> _constants = [];
    private readonly Dictionary<LuaString, int> _strings = new(ConstantComparer.Default);
    private readonly Dictionary<double, int> _numbers = new(ConstantComparer.Default);
    private int _nil = -1, _true = -1, _false = -1;
    private readonly List<LuaPrototype> _prototypes = [];
    private readonly List<LocalVariable> _locals = [];
    private readonly List<UpvalueSource> _upvalues = [];

    /// <summary>Indices of the active variables in the list of all.</summary>
    private readonly int[] _active = new int[LocalsMax];

    /// <summary>How many active variables have a name: functions around this one ask often for what is none of theirs.</summary>
    private readonly Dictionary<LuaString, int> _activeNames = [];

    public FunctionState? Outer => outer;

    public Lexer Lexer => lexer;

    /// <summary>Made once for all functions of a chunk, whose name may be its whole text.</summary>
    private LuaString ShortSource { get; } = outer?.ShortSource ?? ChunkName.Shorten(source.Span);

    public Block? Block;

    /// <summary>How many variables are active; they have the first registers.</summary>
    public int ActiveCount { get; private set; }

    public int FreeRegister;

    public int ParameterCount;
    public VarArgs VarArgs;
    public int LastLine;
    private int _stackSize = 2;

    // Code.

    public int Pc => _code.Count;

    public ulong this[int pc]
    {
        get => _code[pc];
        set => _code[pc] = value;
    }

    public int Append(ulong instruction)
    {
        if (_code.Count % CountedAtOnce == CountedAtOnce - 1)
        {
            lexer.Machine.Memory.Hold(CountedAtOnce * BytesPerInstruction);
            lexer.Machine.Spend(CountedAtOnce * StepsPerInstruction);
        }
        _code.Add(instruction);
        _lines.Add(lexer.LastLine);
        return _code.Count - 1;
    }

    public void RemoveLast()
    {
        _code.RemoveAt(_code.Count - 1);
        _lines.RemoveAt(_lines.Count - 1);
    }

    /// <summary>Says that the last instruction belongs to a line.</summary>
    public void FixLine(int at) => _lines[^1] = at;

    // Registers.

    public void CheckStack(int count)
    {
        var size = FreeRegister + count;
        if (size <= _stackSize) return;
        if (size >= RegistersMax) throw lexer.SyntaxError("function or expression too complex");
        _stackSize = size;
    }

    public void Reserve(int count)
    {
        CheckStack(count);
        FreeRegister += count;
    }

    public void Free(int operand)
    {
        if (Instruction.IsConstant(operand) || operand < ActiveCount) return;
        FreeRegister--;
        Check.That(operand == FreeRegister);
    }

    // Constants.

    public int ConstantCount => _constants.Count;

    public LuaValue ConstantAt(int index) => _constants[index];

    public int Constant(LuaString text)
    {
        if (_strings.TryGetValue(text, out var index)) return index;
        return _strings[text] = AddConstant(text);
    }

    public int Constant(double number)
    {
        if (_numbers.TryGetValue(number, out var index)) return index;
        return _numbers[number] = AddConstant(number);
    }

    public int Constant(bool value)
    {
        ref var index = ref value ? ref _true : ref _false;
        return index >= 0 ? index : index = AddConstant(value);
    }

    public int NilConstant() => _nil >= 0 ? _nil : _nil = AddConstant(LuaValue.Nil);

    private int AddConstant(LuaValue value)
    {
        CheckTable(_constants.Count);
        lexer.Machine.Memory.Hold(BytesPerConstant);
        _constants.Add(value);
        return _constants.Count - 1;
    }

    private static void CheckTable(int count)
    {
        if (count >= TableMax) throw new LuaSyntaxException([.. "constant table overflow"u8]);
    }

    // Variables.

    /// <summary>Notes a variable that becomes active as the n-th from now.</summary>
    public void NewLocal(LuaString name, int n)
    {
        CheckLimit(ActiveCount + n + 1, LocalsMax, "local variables");
        if (_locals.Count >= short.MaxValue) throw lexer.Error("too many local variables", 0);
        _active[ActiveCount + n] = _locals.Count;
        _locals.Add(new(name, 0, 0));
    }

    public void Activate(int count)
    {
        ActiveCount += count;
        for (; count > 0; count--)
        {
            StartLocal(ActiveCount - count);
            CollectionsMarshal.GetValueRefOrAddDefault(_activeNames, _locals[_active[ActiveCount - count]].Name, out _)++;
        }
    }

    /// <summary>Debugging sees a variable from here on.</summary>
    public void StartLocal(int active)
    {
        ref var index = ref _active[active];
        _locals[index] = _locals[index] with { From = Pc };
    }

    public void Deactivate(int level)
    {
        while (ActiveCount > level)
        {
            var index = _active[--ActiveCount];
            _locals[index] = _locals[index] with { To = Pc };
            if (--CollectionsMarshal.GetValueRefOrAddDefault(_activeNames, _locals[index].Name, out _) == 0) _activeNames.Remove(_locals[index].Name);
        }
    }

    /// <summary>Finds a variable by its name: local, of a function around this one, or global.</summary>
    public ExpressionKind Find(LuaString name, ref Expression variable, bool isInner = true)
    {
        for (var i = _activeNames.ContainsKey(name) ? ActiveCount - 1 : -1; i >= 0; i--)
        {
            if (!_locals[_active[i]].Name.Equals(name)) continue;
            variable = new(ExpressionKind.Local, i);
            if (!isInner) MarkUpvalue(i);
            return ExpressionKind.Local;
        }
        if (outer is null || outer.Find(name, ref variable, false) == ExpressionKind.Global)
        {
            variable = new(ExpressionKind.Global, Instruction.NoRegister);
            return ExpressionKind.Global;
        }
        variable.Info = UpvalueIndex(name, variable);
        variable.Kind = ExpressionKind.Upvalue;
        return ExpressionKind.Upvalue;
    }

    private void MarkUpvalue(int level)
    {
        var block = Block;
        while (block is not null && block.ActiveCount > level) block = block.Outer;
        if (block is not null) block.HasUpvalue = true;
    }

    private int UpvalueIndex(LuaString name, in Expression variable)
    {
        var isLocal = variable.Kind == ExpressionKind.Local;
        for (var i = 0; i < _upvalues.Count; i++)
            if (_upvalues[i].IsLocal == isLocal && _upvalues[i].Index == variable.Info) return i;
        CheckLimit(_upvalues.Count + 1, UpvaluesMax, "upvalues");
        _upvalues.Add(new(name, isLocal, variable.Info));
        return _upvalues.Count - 1;
    }

    public void CheckLimit(int value, int limit, string what)
    {
        if (value <= limit) return;
        throw lexer.Error(line == 0 ? $"main function has more than {limit} {what}" : $"function at line {line} has more than {limit} {what}", 0);
    }

    public int Add(LuaPrototype prototype)
    {
        CheckTable(_prototypes.Count);
        _prototypes.Add(prototype);
        return _prototypes.Count - 1;
    }

    public LuaPrototype Finish()
    {
        var prototype = new LuaPrototype
        {
            Code = [.. _code],
            Lines = [.. _lines],
            Constants = [.. _constants],
            Prototypes = [.. _prototypes],
            Locals = [.. _locals],
            Upvalues = [.. _upvalues],
            ParameterCount = ParameterCount,
            VarArgs = VarArgs,
            StackSize = _stackSize,
            Source = source,
            ShortSource = ShortSource,
            LineDefined = line,
            LastLineDefined = LastLine,
        };
        prototype.Bytes = Measure(prototype);
        lexer.Machine.Memory.Hold(prototype.Bytes - _prototypes.Sum(static inner => inner.Bytes));
        Specializer.Specialize(prototype);
        return prototype;
    }

    private static long Measure(LuaPrototype prototype)
    {
        var bytes = 256 + prototype.Code.Length * 12L + prototype.Constants.Length * 16L + prototype.Locals.Length * 16L + prototype.Upvalues.Length * 16L;
        foreach (var constant in prototype.Constants)
            if (constant.TryGetString(out var text)) bytes += LuaString.OverheadBytes + text.Length;
        foreach (var inner in prototype.Prototypes) bytes += inner.Bytes;
        return bytes;
    }
}

/// <summary>A block of statements whose variables are its own.</summary>
internal sealed class Block(Block? outer, int activeCount, bool isLoop)
{
    public Block? Outer => outer;

    /// <summary>How many variables were active before it.</summary>
    public int ActiveCount => activeCount;

    public bool IsLoop => isLoop;

    /// <summary>A closure holds one of its variables.</summary>
    public bool HasUpvalue;

    /// <summary>List of jumps out of the loop.</summary>
    public int Breaks = Expression.NoJump;
}
