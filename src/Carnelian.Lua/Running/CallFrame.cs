namespace Carnelian;

/// <summary>A call that has not returned.</summary>
internal struct CallFrame
{
    public const int Bytes = 32;

    /// <summary>Null for a function of the host.</summary>
    public LuaClosure? Closure;

    /// <summary>The next instruction, while it calls something or may fail.</summary>
    public int Pc;

    /// <summary>The first register.</summary>
    public int Base;

    /// <summary>Where the function lies, and where its results go.</summary>
    public int Function;

    /// <summary>How many results are wanted; -1: all.</summary>
    public int Wanted;

    /// <summary>Calls that this one has replaced.</summary>
    public int TailCalls;

    /// <summary>The stack is free from here on.</summary>
    public int Top;
}
