namespace Carnelian;

/// <summary>coroutine: create, resume, running, status, wrap, yield.</summary>
internal sealed class CoroutineLibrary(LuaMachine machine)
{
    private enum State { Running, Suspended, Normal, Dead }

    public void Register()
    {
        var library = Library.NewLibrary(machine, "coroutine");
        library.Add(machine, "create", call => call.Return(Create(call)));
        library.Add(machine, "resume", Resume);
        library.Add(machine, "running", call => call.Thread == machine.Main ? call.Return(LuaValue.Nil) : call.Return(call.Thread));
        library.Add(machine, "status", call => call.Return(machine.String(NameOf(StateOf(Thread(call))))));
        library.Add(machine, "wrap", Wrap);
        library.Add(machine, "yield", call => call.Yield());
    }

    private LuaThread Create(LuaCall call)
    {
        if (call[1].Object is not LuaClosure function) throw call.ArgumentError(1, "Lua function expected");
        var thread = new LuaThread(machine, call.Thread.Globals);
        thread.Stack[1] = function;
        thread.Frames[0].Top = 2;
        return thread;
    }

    private static LuaThread Thread(LuaCall call) => call[1].Object as LuaThread ?? throw call.ArgumentError(1, "coroutine expected");

    private State StateOf(LuaThread thread)
    {
        if (thread == machine.Running) return State.Running;
        if (thread == machine.Main) return State.Normal;
        return thread.Status switch
        {
            ThreadStatus.Yielded => State.Suspended,
            ThreadStatus.Dead => State.Dead,
            _ => thread.Depth > 0 ? State.Normal : thread.IsStarted ? State.Dead : State.Suspended,
        };
    }

    private static string NameOf(State state) => state switch
    {
        State.Running => "running",
        State.Suspended => "suspended",
        State.Normal => "normal",
        _ => "dead",
    };

    /// <summary>Runs a coroutine with the arguments from one on; false and the error, if it fails.</summary>
    private bool Resume(LuaCall call, LuaThread thread, int from, out int first, out int count, out LuaValue error)
    {
        first = count = 0;
        var state = StateOf(thread);
        if (state != State.Suspended)
        {
            error = machine.String($"cannot resume {NameOf(state)} coroutine");
            return false;
        }
        return thread.Resume(call.Arguments(from), out first, out count, out error);
    }

    private int Resume(LuaCall call)
    {
        var thread = Thread(call);
        if (!Resume(call, thread, 2, out var first, out var count, out var error)) return call.Return(false, error);
        var results = call.Results(count + 1);
        results[0] = true;
        Take(thread, first, count, results[1..]);
        return count + 1;
    }

    private int Wrap(LuaCall call)
    {
        var thread = Create(call);
        var wrapper = new LuaHostFunction("wrap", ResumeWrapped, valueCount: 1);
        wrapper.Values[0] = thread;
        machine.Memory.Charge(LuaHostFunction.BaseBytes);
        return call.Return(wrapper);
    }

    private int ResumeWrapped(LuaCall call)
    {
        var thread = (LuaThread)call.Function.Values[0].Object!;
        if (!Resume(call, thread, 1, out var first, out var count, out var error))
        {
            // The error gets the position of who goes on with it, too.
            if (Operators.ToText(machine, error) is { } text) error = machine.String(StackReader.Where(call.Thread, 1), text.Span);
            throw call.FailWith(error);
        }
        Take(thread, first, count, call.Results(count));
        return count;
    }

    private static void Take(LuaThread thread, int first, int count, Span<LuaValue> results)
    {
        thread.Machine.StepsLeft -= count >> LuaMachine.ValuesPerStepShift;
        thread.Stack.AsSpan(first, count).CopyTo(results);
        thread.Forget(first);
    }
}
