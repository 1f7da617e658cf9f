namespace Carnelian;

/// <summary>Reads the stack of calls: level 0 is the running function, 1 who called it, and so on; calls that a tail call replaced count.</summary>
internal static class StackReader
{
    /// <summary>Not there.</summary>
    public const int None = -1;

    /// <summary>A call that a tail call has replaced.</summary>
    public const int Lost = 0;

    /// <summary>The index of a level's frame, or <see cref="Lost"/> or <see cref="None"/>.</summary>
    public static int FrameAt(LuaThread thread, int level)
    {
        var depth = thread.Depth;
        for (; level > 0 && depth > 0; depth--)
        {
            level--;
            if (thread.Frames[depth].Closure is not null) level -= thread.Frames[depth].TailCalls;
        }
        if (level == 0 && depth > 0) return depth;
        return level < 0 ? Lost : None;
    }

    /// <summary>"source:line: ", or nothing where there is no line.</summary>
    public static ReadOnlySpan<byte> Where(LuaThread thread, int level)
    {
        var depth = FrameAt(thread, level);
        if (depth <= 0 || thread.Frames[depth].Closure is not { } closure) return default;
        var text = new ByteBuffer(64);
        Errors.AddPosition(text, closure.Prototype, thread.Frames[depth].Pc - 1);
        return text.Span;
    }
}
