namespace Carnelian;

/// <summary>
/// A call of a function of the host: its arguments, counted from 1, and where its results go. Results take the places of function and arguments, so what is still
/// needed of these is read before.
/// </summary>
public readonly ref struct LuaCall
{
    /// <summary>Places that are there for results without asking.</summary>
    internal const int RoomForResults = 8;

    /// <summary>Values that a call may put on the stack, as PUC's LUAI_MAXCSTACK.</summary>
    internal const int ValuesMax = 8000;

    /// <summary>Of what an error says of an argument.</summary>
    private const int ShownMax = 1000;

    private readonly LuaThread _thread;
    private readonly int _function;

    internal LuaCall(LuaThread thread, int function, int count)
    {
        _thread = thread;
        _function = function;
        Count = count;
    }

    /// <summary>How many arguments there are.</summary>
    public int Count { get; }

    public LuaMachine Machine => _thread.Machine;

    public LuaThread Thread => _thread;

    /// <summary>An argument, from 1; nil if it is not there.</summary>
    public LuaValue this[int argument] => argument <= Count ? _thread.Stack[_function + argument] : default;

    public bool IsNone(int argument) => argument > Count;

    public bool IsNoneOrNil(int argument) => argument > Count || _thread.Stack[_function + argument].IsNil;

    /// <summary>All arguments from one on. Not to be used any more when something was called.</summary>
    public ReadOnlySpan<LuaValue> Arguments(int from = 1) => _thread.Stack.AsSpan(_function + from, Math.Max(0, Count - from + 1));

    /// <summary>The function that is called: what it keeps for itself.</summary>
    internal LuaHostFunction Function => (LuaHostFunction)_thread.Stack[_function].Object!;

    // Reading arguments.

    public void CheckAny(int argument)
    {
        if (argument > Count) throw ArgumentError(argument, "value expected");
    }

    public LuaTable CheckTable(int argument) => this[argument].Object as LuaTable ?? throw TypeError(argument, "table");

    public LuaFunction CheckFunction(int argument) => this[argument].Object as LuaFunction ?? throw TypeError(argument, "function");

    /// <summary>A string, or a number as text.</summary>
    public LuaString CheckString(int argument)
    {
        var value = this[argument];
        return value.Object as LuaString ?? Operators.ToText(Machine, value) ?? throw TypeError(argument, "string");
    }

    public LuaString? OptionalString(int argument) => IsNoneOrNil(argument) ? null : CheckString(argument);

    /// <summary>A number, or a string that reads as one.</summary>
    public double CheckNumber(int argument)
    {
        var value = this[argument];
        if (value.Object == Tags.Number) return value.Double;
        return Arithmetic.TryConvert(value, out var number) ? number : throw TypeError(argument, "number");
    }

    /// <summary>As <see cref="CheckNumber"/>; false where that would fail.</summary>
    public bool TryGetNumber(int argument, out double number) => Arithmetic.TryConvert(this[argument], out number);

    /// <summary>A number, cut to an integer of 64 bits.</summary>
    public long CheckLong(int argument) => LuaNumber.ToInteger(CheckNumber(argument));

    public long OptionalLong(int argument, long otherwise) => IsNoneOrNil(argument) ? otherwise : CheckLong(argument);

    /// <summary>The lower 32 bits of <see cref="CheckLong"/>.</summary>
    public int CheckInteger(int argument) => unchecked((int)CheckLong(argument));

    public int OptionalInteger(int argument, int otherwise) => IsNoneOrNil(argument) ? otherwise : CheckInteger(argument);

    /// <summary>Which of some words an argument is, as C sees it: up to a zero byte.</summary>
    internal int CheckOption(int argument, params ReadOnlySpan<string> options)
    {
        var given = CheckString(argument).Span;
        var zero = given.IndexOf((byte)0);
        if (zero >= 0) given = given[..zero];
        for (var i = 0; i < options.Length; i++)
            if (System.Text.Ascii.Equals(given, options[i])) return i;
        throw ArgumentError(argument, $"invalid option '{System.Text.Encoding.Latin1.GetString(given[..Math.Min(given.Length, ShownMax)])}'");
    }

    public LuaException TypeError(int argument, string expected) =>
        ArgumentError(argument, $"{expected} expected, got {(argument > Count ? "no value" : System.Text.Encoding.ASCII.GetString(this[argument].TypeName))}");

    public LuaException ArgumentError(int argument, string message)
    {
        var name = NameReader.OfFunction(_thread, _thread.Depth, out var kind);
        if (kind == "method" && --argument == 0) return Fail($"calling '{name}' on bad self ({message})");
        return Fail($"bad argument #{argument} to '{name?.ToString() ?? "?"}' ({message})");
    }

    /// <summary>An error to throw, with the position of who called.</summary>
    public LuaException Fail(string message) => Errors.Fail(_thread, System.Text.Encoding.Latin1.GetBytes(message));

    public LuaException Fail(ReadOnlySpan<byte> message) => Errors.Fail(_thread, message);

    /// <summary>An error to throw that is any value.</summary>
    public LuaException FailWith(in LuaValue value) => Errors.Raise(_thread, value);

    // Results.

    public int Return() => 0;

    public int Return(in LuaValue value)
    {
        LuaValue.Copy(ref _thread.Stack[_function], value);
        return 1;
    }

    public int Return(LuaValue first, LuaValue second)
    {
        var stack = _thread.Stack;
        stack[_function] = first;
        stack[_function + 1] = second;
        return 2;
    }

    public int Return(LuaValue first, LuaValue second, LuaValue third)
    {
        var stack = _thread.Stack;
        stack[_function] = first;
        stack[_function + 1] = second;
        stack[_function + 2] = third;
        return 3;
    }

    /// <summary>Places for so many results, to be filled at once; they lie over the arguments.</summary>
    public Span<LuaValue> Results(int count)
    {
        _thread.EnsureStack(_function + count);
        KeptEnd = Math.Max(KeptEnd, _function + count);
        return _thread.Stack.AsSpan(_function, count);
    }

    /// <summary>The arguments from one on become the results.</summary>
    public int ReturnArguments(int from)
    {
        var count = Math.Max(0, Count - from + 1);
        Machine.StepsLeft -= count >> LuaMachine.ValuesPerStepShift;
        Array.Copy(_thread.Stack, _function + from, _thread.Stack, _function, count);
        return count;
    }

    /// <summary>Whether there is room for so many more values.</summary>
    internal bool HasRoom(long count) => count <= ValuesMax && Count + count <= ValuesMax;

    internal void CheckRoom(long count, string what)
    {
        if (!HasRoom(count)) throw Fail($"stack overflow ({what})");
    }

    // What it makes.

    /// <summary>Keeps what the function has made and no script can reach yet, so that it is counted when memory is measured; until it returns, or <see cref="KeptEnd"/> is set back.</summary>
    public void Keep(in LuaValue value)
    {
        ref var top = ref _thread.Frames[_thread.Depth].Top;
        LuaValue.Copy(ref _thread.Stack[top++], value);
        // There is room for another one always: this one must be in its place before memory is counted.
        _thread.EnsureStack(top + 1);
    }

    /// <summary>Behind what is kept.</summary>
    public int KeptEnd
    {
        get => _thread.Frames[_thread.Depth].Top;
        set => _thread.Frames[_thread.Depth].Top = value;
    }

    // Calling.

    /// <summary>Calls a function with an argument and answers its first result.</summary>
    public LuaValue Call(in LuaValue function, in LuaValue argument) => _thread.CallValue(function, argument);

    /// <summary>Calls a function with two arguments and answers its first result.</summary>
    public LuaValue Call(in LuaValue function, in LuaValue first, in LuaValue second) => _thread.CallValue(function, first, second);

    /// <summary>Calls a function with any arguments and answers its first result.</summary>
    public LuaValue Call(in LuaValue function, ReadOnlySpan<LuaValue> arguments)
    {
        var at = _thread.Frames[_thread.Depth].Top;
        _thread.EnsureStack(at + 1 + arguments.Length);
        _thread.Stack[at] = function;
        arguments.CopyTo(_thread.Stack.AsSpan(at + 1));
        _thread.Call(at, arguments.Length, 1);
        return _thread.Stack[at];
    }

    /// <summary>Calls the argument with those behind it; its results are told, or its error.</summary>
    internal bool TryCall(int argument, int count, in LuaValue handler, out int results, out LuaValue error)
    {
        var at = _function + argument;
        var isOk = _thread.TryCall(at, count, handler, out error);
        results = isOk ? _thread.Top - at : 0;
        return isOk;
    }

    /// <summary>Calls a function with arguments as <c>pcall</c> does: its first result, or false and the error.</summary>
    public bool TryCall(in LuaValue function, ReadOnlySpan<LuaValue> arguments, out LuaValue result)
    {
        var at = _thread.Frames[_thread.Depth].Top;
        _thread.EnsureStack(at + 1 + arguments.Length);
        _thread.Stack[at] = function;
        arguments.CopyTo(_thread.Stack.AsSpan(at + 1));
        if (!_thread.TryCall(at, arguments.Length, default, out result)) return false;
        result = _thread.Top > at ? _thread.Stack[at] : default;
        return true;
    }

    /// <summary>A value of a table or of whatever has a handler for it.</summary>
    public LuaValue Index(in LuaValue value, in LuaValue key) => Operators.Index(_thread, value, key, -1);

    /// <summary>Sets a value in a table or in whatever has a handler for it.</summary>
    public void SetIndex(in LuaValue target, in LuaValue key, in LuaValue value) => Operators.SetIndex(_thread, target, key, value, -1);

    /// <summary>A field of the metatable of a value; nil if there is none.</summary>
    public LuaValue MetaField(in LuaValue value, LuaString name) => Machine.MetatableOf(value) is { } table ? table.GetString(name) : default;

    /// <summary>Suspends the coroutine that runs; the arguments go to who resumed it.</summary>
    internal int Yield()
    {
        if (Machine.HostLevels > _thread.BaseLevels) throw Errors.Run(_thread, "attempt to yield across metamethod/C-call boundary");
        _thread.Status = ThreadStatus.Yielded;
        _thread.YieldCount = Count;
        return -1;
    }
}
