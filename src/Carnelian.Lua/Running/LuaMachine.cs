using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>Who runs scripts: asked while they run, and told what they print.</summary>
public abstract class LuaHost
{
    /// <summary>
    /// The steps that were allowed are used up: <see cref="LuaMachine.StepsPerAsk"/> more follow, unless this throws what <see cref="LuaMachine.Abort"/> answers. The
    /// machine must not be used meanwhile, but for its stack of calls (<see cref="LuaMachine.Where"/>).
    /// </summary>
    public virtual void StepsSpent(LuaMachine machine)
    {
    }

    /// <summary>A line of <c>print</c>.</summary>
    public virtual void Print(ReadOnlySpan<byte> line)
    {
    }

    /// <summary>Processor time in seconds, for <c>os.clock</c>.</summary>
    public virtual double Clock() => 0;
}

/// <summary>
/// A Lua 5.1 of its own: globals, strings, memory, threads. Any number of them may live in a process; one runs on one thread of the host at a time.
/// </summary>
public sealed class LuaMachine
{
    /// <summary>Calls of the host within calls of the host, and nesting of source text, as PUC's LUAI_MAXCCALLS.</summary>
    public const int HostLevelsMax = 200;

    public const long DefaultMemoryLimitBytes = 256L << 20, DefaultStepsPerAsk = 100_000;

    /// <summary>So many bytes copied or looked at are as much as a step: 32.</summary>
    internal const int BytesPerStepShift = 5;

    /// <summary>So many values moved are as much as a step.</summary>
    internal const int ValuesPerStepShift = 2;

    /// <summary>So many places of a table looked at are as much as a step.</summary>
    internal const int PlacesPerStepShift = 3;

    private readonly LuaHost? _host;

    internal readonly StringCache Strings;

    /// <summary>The thread that runs.</summary>
    internal LuaThread Running;

    internal int HostLevels;

    /// <summary>Walks over what is reachable, so far.</summary>
    internal int Rounds;

    /// <summary>Instructions, approximately, until the host is asked: loops count by their length, calls as one, libraries by what they look at.</summary>
    internal long StepsLeft;

    /// <param name="random">What it draws from, where machines share that.</param>
    public LuaMachine(LuaHost? host = null, long memoryLimitBytes = DefaultMemoryLimitBytes, long stepsPerAsk = DefaultStepsPerAsk, Random48? random = null)
    {
        Check.That(memoryLimitBytes > 0 && stepsPerAsk > 0);
        _host = host;
        Random = random ?? new();
        Memory = new(this, memoryLimitBytes);
        StepsLeft = StepsPerAsk = stepsPerAsk;
        Strings = new(this);
        Globals = new(Memory);
        Registry = new(Memory);
        Main = Running = new(this, Globals);
    }

    public LuaMemory Memory { get; }

    public long StepsPerAsk { get; set; }

    /// <summary>The globals of scripts that are loaded from now on.</summary>
    public LuaTable Globals { get; }

    /// <summary>The globals of chunks that the main thread loads from now on, and of coroutines that it makes: <see cref="Globals"/>, unless the host says otherwise.</summary>
    public LuaTable Environment
    {
        get => Main.Globals;
        set => Main.Globals = value;
    }

    /// <summary>What the host keeps here, it keeps alive for the measuring of memory; scripts do not see it.</summary>
    public LuaTable Registry { get; }

    public LuaThread Main { get; }

    /// <summary>What <c>math.random</c> draws from; the host may seed it before a script.</summary>
    public Random48 Random { get; }

    /// <summary>The metatable that all strings have.</summary>
    public LuaTable? StringMetatable { get; set; }

    /// <summary>
    /// Called without arguments before each line of traced code (<see cref="LuaPrototype.ToTraced"/>), which is level 1 of the stack then; what it throws, the script has thrown. While there is one, scripts compile
    /// traced code.
    /// </summary>
    public LuaHostFunction? Tracer { get; set; }

    /// <summary>It is in the midst of a run, and its host must leave it alone.</summary>
    public bool IsRunning => Main.Depth > 0;

    internal LuaTable? StringMethods => StringMetatable?.GetString(Metamethods.NameOf(Event.Index)).Object as LuaTable;

    /// <summary>What stands for the address of a table, a function, a thread or userdata: a number of its own.</summary>
    public string AddressOf(in LuaValue value) => $"0x{(ulong)Memory.IdOf(value.Object!) << 5 | 0x5500_0000_0000:x12}";

    // Making values.

    /// <summary>A string of this machine, counted; short ones are mostly there already.</summary>
    public LuaString String(ReadOnlySpan<byte> bytes) => Strings.Get(bytes);

    /// <summary>Two parts as one string.</summary>
    public LuaString String(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second) => Strings.Join(first, second);

    public LuaString String(string text) => Strings.Get(System.Text.Encoding.UTF8.GetBytes(text));

    /// <summary>A string of an array that nobody else has.</summary>
    public LuaString StringOf(byte[] owned) => Strings.Own(owned);

    public LuaTable NewTable(int arraySize = 0, int hashSize = 0) => new(Memory, arraySize, hashSize);

    /// <summary>A compiled chunk as a function.</summary>
    public LuaClosure Load(LuaPrototype prototype, LuaTable? environment = null)
    {
        Check.That(prototype.Upvalues.Length == 0);
        Memory.Charge(LuaClosure.BaseBytes);
        return new(prototype, [], environment ?? Running.Globals);
    }

    /// <summary>As <see cref="Load"/>, for a host outside a run; false if there is no room.</summary>
    public bool TryLoad(
        LuaPrototype prototype, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out LuaClosure? function, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out LuaException? error)
    {
        (function, error) = (null, null);
        try
        {
            function = Load(prototype);
            return true;
        }
        catch (LuaException tooMuch)
        {
            error = tooMuch;
            return false;
        }
    }

    /// <summary>Compiles a chunk, as <see cref="LuaCompiler"/> does; its strings are this machine's, and its size is counted once.</summary>
    public bool TryCompile(
        ReadOnlySpan<byte> text, LuaString name, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out LuaPrototype? prototype,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out LuaString? error)
    {
        Spend(text.Length);
        // The parser makes some lists for each token at worst.
        Memory.Charge(text.Length);
        var held = Memory.HeldBytes;
        LuaCompiler.TryCompile(text, name, Strings, HostLevels, out prototype, out error);
        Memory.Release(Memory.HeldBytes - held);
        if (error is not null) return false;
        Memory.Charge(prototype!.Bytes);
        if (Tracer is not null) prototype = prototype.ToTraced();
        prototype.GiveTo(this);
        return true;
    }

    internal LuaTable? MetatableOf(in LuaValue value) => value.Object switch
    {
        LuaTable table => table.Metatable,
        LuaString => StringMetatable,
        LuaUserData data => data.Metatable,
        _ => null,
    };

    // Running.

    /// <summary>
    /// Runs a function on the main thread, while nothing else runs. Its results can be read until the machine runs again. Answers false if it failed: the error is
    /// told, after a handler has seen it on the stack where it happened.
    /// </summary>
    /// <param name="handler">Called with the error, and its result is the error then; null for none. It does not see errors of memory and those that are fatal.</param>
    public bool TryRun(
        LuaFunction function, ReadOnlySpan<LuaValue> arguments, LuaFunction? handler, out ReadOnlySpan<LuaValue> results,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out LuaException? error)
    {
        Check.That(Running == Main && Main.Depth == 0);
        var thread = Main;
        const int at = 1;
        error = null;
        results = default;
        try
        {
            thread.EnsureStack(at + 1 + arguments.Length);
            thread.Stack[at] = function;
            arguments.CopyTo(thread.Stack.AsSpan(at + 1));
            thread.Frames[0].Top = at + 1 + arguments.Length;
            if (handler is not null) thread.ErrorHandler = handler;
            thread.Call(at, arguments.Length, -1);
            results = thread.Stack.AsSpan(at, thread.Top - at);
            thread.Frames[0].Top = thread.Top;
            return true;
        }
        catch (LuaException exception)
        {
            error = exception;
            Running = thread;
            thread.Close(0);
            thread.Depth = 0;
            thread.Frames[0].Top = at;
            thread.ShrinkFrames();
            return false;
        }
        finally
        {
            HostLevels = 0;
            Memory.HeldBytes = 0;
            thread.ErrorHandler = default;
        }
    }

    /// <summary>Forgets what the last run has left on the stacks and in the cache of strings, so that the collector can have it.</summary>
    public void Clear()
    {
        Check.That(Main.Depth == 0);
        Main.Reset();
        Strings.Clear();
    }

    /// <summary>What the host throws to end a script for good; the message gets the position of the function of a script that runs, if wanted.</summary>
    public LuaException Abort(ReadOnlySpan<byte> message, bool tellsWhere = true)
    {
        byte[] text = [.. tellsWhere ? Where(Running.Frames[Running.Depth].Closure is null ? 1 : 0) : [], .. message];
        return new(LuaString.Of(text), isFatal: true);
    }

    /// <summary>"source:line: " of a level of the stack of calls: 0 is the running function, 1 who called it. Empty for functions of the host.</summary>
    public ReadOnlySpan<byte> Where(int level) => StackReader.Where(Running, level);

    /// <summary>Source and line of a level of the stack; false if there is none, or no script there.</summary>
    public bool TryGetPosition(int level, out LuaString source, out int line)
    {
        source = Strings.Empty;
        line = -1;
        var depth = StackReader.FrameAt(Running, level);
        if (depth <= 0 || Running.Frames[depth].Closure is not { } closure) return false;
        source = closure.Prototype.ShortSource;
        line = closure.Prototype.LineOf(Running.Frames[depth].Pc - 1);
        return true;
    }

    /// <summary>
    /// Source and line of a level of the stack as PUC's <c>debug.getinfo</c> tells them: the source as it was given; "=[C]" of a function of the host and "=(tail call)" of a call that is
    /// gone, with line -1. False if there is no such level.
    /// </summary>
    public bool TryGetInfo(int level, out LuaString source, out int line)
    {
        source = Strings.Empty;
        line = -1;
        var depth = StackReader.FrameAt(Running, level);
        if (depth == StackReader.None) return false;
        if (depth == StackReader.Lost)
        {
            source = String("=(tail call)"u8);
        }
        else if (Running.Frames[depth].Closure is { } closure)
        {
            source = closure.Prototype.Source;
            line = closure.Prototype.LineOf(Running.Frames[depth].Pc - 1);
        }
        else
        {
            source = String("=[C]"u8);
        }
        return true;
    }

    /// <summary>What the caller of a level of the stack calls its function; null if nobody knows.</summary>
    public LuaString? FunctionName(int level) => NameReader.OfFunction(Running, StackReader.FrameAt(Running, level), out _);

    /// <summary>The local variables that a level of the stack sees, from the first one on; those that loops have for themselves are named in parentheses. Null if there is no such level.</summary>
    public List<(LuaString Name, LuaValue Value)>? Locals(int level)
    {
        var depth = StackReader.FrameAt(Running, level);
        if (depth == StackReader.None) return null;
        var locals = new List<(LuaString, LuaValue)>();
        if (depth == StackReader.Lost || Running.Frames[depth].Closure is not { } closure) return locals;
        ref var frame = ref Running.Frames[depth];
        for (var register = 0; closure.Prototype.LocalName(register, frame.Pc - 1) is { } name; register++) locals.Add((name, Running.Stack[frame.Base + register]));
        return locals;
    }

    public LuaHost? Host => _host;

    /// <summary>Counts what a function of the host does, in steps.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Spend(long steps)
    {
        if ((StepsLeft -= steps) < 0) Ask();
    }

    /// <summary>As <see cref="LuaTable.Next"/>, for scripts: places without a value that it passes over take their time, of which the next look tells.</summary>
    internal int Next(LuaTable table, int place, out LuaValue key, out LuaValue value)
    {
        var next = table.Next(place, out key, out value);
        StepsLeft -= (next < 0 ? table.PlaceCount - place : next - place) >> PlacesPerStepShift;
        return next;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    internal void Ask()
    {
        StepsLeft = StepsPerAsk;
        // The host itself may have spent them, outside of a run.
        if (IsRunning) _host?.StepsSpent(this);
    }
}
