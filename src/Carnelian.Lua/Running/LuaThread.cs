using System.Runtime.CompilerServices;

namespace Carnelian;

internal enum ThreadStatus : byte { Ready, Yielded, Dead }

/// <summary>
/// A coroutine, or the main thread: a stack of values and one of calls. A call of a script by a script takes no stack of the host, so a coroutine that yields is
/// simply not run any further. Calls by the host (metamethods, pcall, callbacks of libraries) do take it; these are bounded, and nothing can yield across one.
/// </summary>
public sealed class LuaThread : LuaObject
{
    internal const int BaseBytes = 160;

    /// <summary>Calls within calls, as PUC's LUAI_MAXCALLS.</summary>
    private const int CallsMax = 20_000;

    private const int FirstFrames = 8, FirstStack = 48;

    /// <summary>Calls cost a step for so many instructions of the function, and a step.</summary>
    private const int InstructionsPerStepShift = 4;

    /// <summary>Of a text that is longer, so many bytes are as much as a step when a function of the host gets it.</summary>
    private const int LongTextMin = 1 << 12, LongBytesPerStepShift = 8;

    /// <summary>What the main thread keeps between runs.</summary>
    private const int KeptFrames = 64, KeptStack = 1024;

    internal readonly LuaMachine Machine;
    internal LuaValue[] Stack;
    internal CallFrame[] Frames;

    /// <summary>The call that runs; 0 is none.</summary>
    internal int Depth;

    /// <summary>The end of what the last open call, "..." or return has put on the stack.</summary>
    internal int Top;

    internal LuaTable Globals;
    internal ThreadStatus Status;

    /// <summary>Called with an error before the stack is given up.</summary>
    internal LuaValue ErrorHandler;

    /// <summary>Those to which it goes back.</summary>
    internal Stack<LuaObject>? OuterHandlers;

    /// <summary>Levels of the host's stack when it was resumed: it may yield only at these.</summary>
    internal int BaseLevels;

    /// <summary>How many values a yield has left behind the function that yields.</summary>
    internal int YieldCount;

    /// <summary>The highest one on the stack.</summary>
    private Upvalue? _open;

    internal int Id;

    internal LuaThread(LuaMachine machine, LuaTable globals) : base(LuaType.Thread)
    {
        Machine = machine;
        Globals = globals;
        machine.Memory.Charge(BaseBytes + FirstStack * 16 + FirstFrames * CallFrame.Bytes);
        Stack = new LuaValue[FirstStack];
        Frames = new CallFrame[FirstFrames];
        Frames[0].Top = 1;
    }

    internal long Bytes => BaseBytes + Stack.Length * 16L + Frames.Length * (long)CallFrame.Bytes;

    internal Upvalue? OpenUpvalues => _open;

    // Stacks.

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void EnsureStack(int size)
    {
        if (size > Stack.Length) GrowStack(size);
    }

    /// <summary>
    /// While memory is charged, values above what the running call says that it uses are in use: arguments of a call that is about to begin, and open results. Answers what it says, to be
    /// set again.
    /// </summary>
    internal int UseAll()
    {
        ref var top = ref Frames[Depth].Top;
        var before = top;
        top = Stack.Length;
        return before;
    }

    private void GrowStack(int size)
    {
        var length = Math.Max(size + 8, (int)Math.Min(Stack.Length * 2L, Array.MaxLength));
        var top = UseAll();
        Machine.Memory.Charge((length - Stack.Length) * 16L);
        Frames[Depth].Top = top;
        Array.Resize(ref Stack, length);
    }

    /// <summary>
    /// As PUC's: the stack of calls doubles, and when it would exceed the limit that is the error; the room is there then for who handles it. The call has no frame meanwhile, so
    /// that neither the measuring of memory nor the error looks for it.
    /// </summary>
    private void GrowFrames()
    {
        Depth--;
        if (Frames.Length > CallsMax) throw LuaException.OfHandler();
        var top = UseAll();
        Machine.Memory.Charge(Frames.Length * (long)CallFrame.Bytes);
        Frames[Depth].Top = top;
        Array.Resize(ref Frames, Frames.Length * 2);
        if (Frames.Length > CallsMax) throw Errors.Run(this, "stack overflow");
        Depth++;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void SavePc(int pc) => Frames[Depth].Pc = pc;

    // Calls.

    /// <summary>Begins a call of a closure; its arguments lie behind it on the stack.</summary>
    internal void Enter(LuaClosure callee, int function, int count, int wanted)
    {
        var prototype = callee.Prototype;
        // Code without a loop takes its time, too.
        Machine.StepsLeft -= prototype.Code.Length >> InstructionsPerStepShift;
        int first;
        if (prototype.VarArgs == VarArgs.None)
        {
            first = function + 1;
            EnsureStack(first + prototype.StackSize);
            for (; count < prototype.ParameterCount; count++) Stack[first + count] = default;
        }
        else first = PlaceVarArgs(prototype, function, count);
        if (++Depth == Frames.Length) GrowFrames();
        ref var frame = ref Frames[Depth];
        frame.Closure = callee;
        frame.Pc = 0;
        frame.Base = first;
        frame.Function = function;
        frame.Wanted = wanted;
        frame.TailCalls = 0;
        frame.Top = first + prototype.StackSize;
    }

    /// <summary>Parameters move behind all arguments, so that those beyond them stay where they are.</summary>
    private int PlaceVarArgs(LuaPrototype prototype, int function, int count)
    {
        var fixedCount = prototype.ParameterCount;
        Machine.StepsLeft -= count;
        EnsureStack(function + 2 + Math.Max(count, fixedCount) + prototype.StackSize + fixedCount);
        for (; count < fixedCount; count++) Stack[function + 1 + count] = default;
        LuaTable? extra = null;
        if ((prototype.VarArgs & VarArgs.NeedsArg) != 0)
        {
            var top = UseAll();
            extra = new(Machine.Memory, count - fixedCount, 1);
            for (var i = fixedCount; i < count; i++) extra.Set(i - fixedCount + 1, Stack[function + 1 + i]);
            extra.Set(Machine.Strings.Get("n"u8), count - fixedCount);
            Frames[Depth].Top = top;
        }
        var first = function + 1 + count;
        for (var i = 0; i < fixedCount; i++)
        {
            LuaValue.Copy(ref Stack[first + i], Stack[function + 1 + i]);
            Stack[function + 1 + i] = default;
        }
        if ((prototype.VarArgs & VarArgs.HasArg) != 0) Stack[first + fixedCount] = new((LuaObject?)extra);
        return first;
    }

    /// <summary>Runs a function of the host. Its results lie from the function's place on; answers how many, or a negative number if it yields.</summary>
    internal int RunHost(LuaHostFunction callee, int function, int count, int wanted)
    {
        EnsureStack(function + count + LuaCall.RoomForResults);
        if (++Depth == Frames.Length) GrowFrames();
        ref var frame = ref Frames[Depth];
        frame.Closure = null;
        frame.Base = function + 1;
        frame.Function = function;
        frame.Wanted = wanted;
        frame.TailCalls = 0;
        frame.Top = function + 1 + count;
        // Whatever it does with a long text.
        foreach (ref readonly var argument in Stack.AsSpan(function + 1, count))
            if (argument.Object is LuaString { Length: > LongTextMin } text) Machine.StepsLeft -= text.Length >> LongBytesPerStepShift;
        var results = callee.Body(new(this, function, count));
        if (results >= 0) Depth--;
        return results;
    }

    /// <summary>Makes of so many results as many as are wanted.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal void Adjust(int function, int results, int wanted)
    {
        if (wanted < 0) Top = function + results;
        else
            for (; results < wanted; results++) Stack[function + results] = default;
    }

    /// <summary>
    /// Calls whatever lies on the stack with so many arguments behind it, from the host. Results come to its place; all of them up to <see cref="Top"/>, if -1 are
    /// wanted.
    /// </summary>
    internal void Call(int function, int count, int wanted)
    {
        if (++Machine.HostLevels >= LuaMachine.HostLevelsMax) Errors.CheckHostLevels(this);
        Machine.Spend(1);
        while (true)
        {
            switch (Stack[function].Object)
            {
                case LuaClosure closure:
                    Enter(closure, function, count, wanted);
                    Interpreter.Execute(this, Depth);
                    break;
                case LuaHostFunction host:
                    EnsureStack(function + Math.Max(wanted, 0) + 1);
                    Adjust(function, RunHost(host, function, count, wanted), wanted);
                    break;
                default:
                    PutCallHandler(function, ref count, -1);
                    continue;
            }
            break;
        }
        Machine.HostLevels--;
    }

    /// <summary>What is no function is called by its handler, with itself as first argument.</summary>
    internal void PutCallHandler(int function, ref int count, int register)
    {
        var handler = Metamethods.Find(Machine, Stack[function], Event.Call);
        if (!handler.IsFunction) throw Errors.Type(this, Stack[function], "call", register);
        EnsureStack(function + count + 2);
        Array.Copy(Stack, function, Stack, function + 1, count + 1);
        Stack[function] = handler;
        count++;
    }

    /// <summary>Calls a function of the host's choice above what the running call uses.</summary>
    internal LuaValue CallValue(in LuaValue function, in LuaValue first, in LuaValue second)
    {
        var at = Frames[Depth].Top;
        EnsureStack(at + 3);
        Stack[at] = function;
        Stack[at + 1] = first;
        Stack[at + 2] = second;
        Call(at, 2, 1);
        return Stack[at];
    }

    /// <summary>As <see cref="CallValue(in LuaValue, in LuaValue, in LuaValue)"/>, with one argument.</summary>
    internal LuaValue CallValue(in LuaValue function, in LuaValue argument)
    {
        var at = Frames[Depth].Top;
        EnsureStack(at + 2);
        Stack[at] = function;
        Stack[at + 1] = argument;
        Call(at, 1, 1);
        return Stack[at];
    }

    /// <summary>As <see cref="CallValue(in LuaValue, in LuaValue, in LuaValue)"/>, with three arguments and no result.</summary>
    internal void CallForEffect(in LuaValue function, in LuaValue first, in LuaValue second, in LuaValue third)
    {
        var at = Frames[Depth].Top;
        EnsureStack(at + 4);
        Stack[at] = function;
        Stack[at + 1] = first;
        Stack[at + 2] = second;
        Stack[at + 3] = third;
        Call(at, 3, 0);
    }

    /// <summary>Calls, and catches what is thrown: then the stacks are as before, and the error is told.</summary>
    internal bool TryCall(int function, int count, in LuaValue handler, out LuaValue error)
    {
        var levels = Machine.HostLevels;
        var held = Machine.Memory.HeldBytes;
        var depth = Depth;
        var top = Frames[Depth].Top;
        var oldHandler = ErrorHandler;
        if (oldHandler.Object is { } outer) (OuterHandlers ??= new()).Push(outer);
        ErrorHandler = handler;
        try
        {
            Call(function, count, -1);
            error = default;
            return true;
        }
        catch (LuaException exception) when (!exception.IsFatal)
        {
            Close(function);
            Machine.HostLevels = levels;
            Machine.Memory.HeldBytes = held;
            Depth = depth;
            Frames[Depth].Top = top;
            ShrinkFrames();
            error = exception.Value;
            return false;
        }
        finally
        {
            ErrorHandler = oldHandler;
            if (oldHandler.Object is not null) OuterHandlers!.Pop();
        }
    }

    /// <summary>After an overflow, when there is room again.</summary>
    internal void ShrinkFrames()
    {
        if (Frames.Length <= CallsMax || Depth + 1 >= CallsMax) return;
        Machine.Memory.Discharge((Frames.Length - CallsMax) * (long)CallFrame.Bytes);
        Array.Resize(ref Frames, CallsMax);
    }

    // Variables that closures hold.

    internal Upvalue FindUpvalue(int index)
    {
        Upvalue? above = null;
        var upvalue = _open;
        for (; upvalue is not null && upvalue.Index >= index; upvalue = upvalue.Next)
        {
            if (upvalue.Index == index) return upvalue;
            above = upvalue;
        }
        Machine.Memory.Charge(Upvalue.Bytes);
        var made = new Upvalue { Thread = this, Index = index, Next = upvalue };
        if (above is null) _open = made;
        else above.Next = made;
        return made;
    }

    /// <summary>The variables from a place on leave the stack.</summary>
    internal void Close(int from)
    {
        while (_open is { } upvalue && upvalue.Index >= from)
        {
            upvalue.Value = Stack[upvalue.Index];
            upvalue.Thread = null;
            _open = upvalue.Next;
            upvalue.Next = null;
        }
    }

    /// <summary>Forgets all calls and values, and gives up what deep recursion has taken.</summary>
    internal void Reset()
    {
        Close(0);
        Depth = 0;
        ErrorHandler = default;
        if (Stack.Length > KeptStack) Stack = new LuaValue[FirstStack];
        else Array.Clear(Stack);
        if (Frames.Length > KeptFrames) Frames = new CallFrame[FirstFrames];
        else Array.Clear(Frames);
        Frames[0].Top = 1;
    }

    // Coroutines.

    /// <summary>
    /// Goes on with a coroutine, with arguments of another thread's stack. Its results, or what it yields, are told as a part of its own stack. Answers false if it
    /// failed: it is dead then, and the error is told. Who has taken the results calls <see cref="Forget"/>.
    /// </summary>
    internal bool Resume(ReadOnlySpan<LuaValue> arguments, out int first, out int count, out LuaValue error)
    {
        first = count = 0;
        error = default;
        var levels = Machine.HostLevels;
        if (levels >= LuaMachine.HostLevelsMax)
        {
            error = Machine.Strings.Get("C stack overflow"u8);
            return false;
        }
        BaseLevels = ++Machine.HostLevels;
        var held = Machine.Memory.HeldBytes;
        var outer = Machine.Running;
        Machine.Running = this;
        try
        {
            if (Status == ThreadStatus.Yielded) GoOn(arguments);
            else Start(arguments);
        }
        catch (LuaException exception) when (!exception.IsFatal)
        {
            Status = ThreadStatus.Dead;
            Machine.Memory.HeldBytes = held;
            error = exception.Value;
            return false;
        }
        finally
        {
            Machine.HostLevels = levels;
            Machine.Running = outer;
        }
        if (Status == ThreadStatus.Yielded)
        {
            first = Frames[Depth].Function + 1;
            count = YieldCount;
        }
        else
        {
            first = 1;
            count = Top - 1;
            Frames[0].Top = Top;
        }
        return true;
    }

    /// <summary>The results are not held any more.</summary>
    internal void Forget(int first) => Frames[Depth].Top = first;

    private void Start(ReadOnlySpan<LuaValue> arguments)
    {
        EnsureStack(2 + arguments.Length);
        arguments.CopyTo(Stack.AsSpan(2));
        IsStarted = true;
        Enter((LuaClosure)Stack[1].Object!, 1, arguments.Length, -1);
        Interpreter.Execute(this, 1);
    }

    /// <summary>The arguments are the results of the yield.</summary>
    private void GoOn(ReadOnlySpan<LuaValue> arguments)
    {
        Status = ThreadStatus.Ready;
        var function = Frames[Depth].Function;
        var wanted = Frames[Depth].Wanted;
        EnsureStack(function + Math.Max(arguments.Length, wanted) + 1);
        arguments.CopyTo(Stack.AsSpan(function));
        Depth--;
        Adjust(function, arguments.Length, wanted);
        Interpreter.Execute(this, 1);
    }

    /// <summary>It has begun to run its function.</summary>
    internal bool IsStarted { get; private set; }
}
