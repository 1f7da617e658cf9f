namespace Carnelian;

/// <summary>Finds where lines begin in traced code (<see cref="LuaPrototype.ToTraced"/>), and tells <see cref="LuaMachine.Tracer"/>.</summary>
internal static class Tracing
{
    /// <summary>
    /// An instruction is about to run. A line begins, as PUC's hooks see it, with a function, where the code jumps back, and where the line differs from that of the instruction that ran before in the same call.
    /// </summary>
    /// <param name="pc">Of the instruction.</param>
    public static void LookAt(LuaThread thread, int pc)
    {
        ref var frame = ref thread.Frames[thread.Depth];
        var before = frame.Pc;
        frame.Pc = pc;
        var prototype = frame.Closure!.Prototype;
        if (before > 0 && pc > before && prototype.LineOf(pc - 1) == prototype.LineOf(before - 1)) return;
        if (thread.Machine.Tracer is { } tracer) Tell(thread, tracer, Math.Max(frame.Top, thread.Top));
    }

    /// <param name="at">Where the stack is free: results that are still to be taken may lie above the registers.</param>
    private static void Tell(LuaThread thread, LuaHostFunction tracer, int at)
    {
        var machine = thread.Machine;
        var top = thread.Top;
        // What it runs itself is not traced.
        machine.Tracer = null;
        try
        {
            thread.EnsureStack(at + 1);
            thread.Stack[at] = tracer;
            thread.RunHost(tracer, at, 0, 0);
        }
        finally
        {
            machine.Tracer = tracer;
        }
        thread.Top = top;
    }
}
