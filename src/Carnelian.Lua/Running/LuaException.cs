namespace Carnelian;

/// <summary>An error of a script on its way to who catches it: <c>pcall</c>, or the host.</summary>
public sealed class LuaException : Exception
{
    internal LuaException(LuaValue value, bool isFatal = false)
    {
        Value = value;
        IsFatal = isFatal;
    }

    /// <summary>What was thrown: a string with position mostly, but any value may be.</summary>
    public LuaValue Value { get; }

    /// <summary>Ends the script: no <c>pcall</c> catches it.</summary>
    public bool IsFatal { get; }

    /// <summary>There was no room: no handler of errors has seen it.</summary>
    public bool IsMemory { get; private init; }

    /// <summary>What a host throws, too, that has more for a script than there is room for.</summary>
    public static LuaException OfMemory() => new(LuaString.Of("not enough memory"u8)) { IsMemory = true };

    internal static LuaException OfHandler() => new(LuaString.Of("error in error handling"u8));

    public override string Message => Value.ToString();
}
