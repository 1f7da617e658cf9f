namespace Carnelian;

/// <summary>The events that metatables handle. The first ones are asked for so often that a metatable remembers which it does not handle.</summary>
internal enum Event : byte { Index, NewIndex, Gc, Mode, Equal, Add, Subtract, Multiply, Divide, Modulo, Power, Negate, Length, LessThan, LessOrEqual, Concat, Call, ToString, Metatable }

/// <summary>Finds who handles an event.</summary>
internal static class Metamethods
{
    private static readonly LuaString[] _names =
    [
        .. new[]
        {
            "__index", "__newindex", "__gc", "__mode", "__eq", "__add", "__sub", "__mul", "__div", "__mod", "__pow", "__unm", "__len", "__lt", "__le", "__concat", "__call",
            "__tostring", "__metatable",
        }.Select(Constant),
    ];

    /// <summary>Hashed here: it is shared, and must not change any more.</summary>
    private static LuaString Constant(string name)
    {
        var text = System.Text.Encoding.ASCII.GetBytes(name);
        return new(text, LuaString.HashOf(text));
    }

    public static LuaString NameOf(Event happening) => _names[(int)happening];

    /// <summary>Nil if nobody does.</summary>
    public static LuaValue Find(LuaMachine machine, in LuaValue value, Event happening) =>
        machine.MetatableOf(value) is { } table ? table.GetString(_names[(int)happening]) : default;

    /// <summary>As <see cref="Find"/>, for events up to <see cref="Event.Equal"/>.</summary>
    public static LuaValue FindOften(LuaTable? metatable, Event happening)
    {
        if (metatable is null || (metatable.AbsentEvents & (1 << (int)happening)) != 0) return default;
        ref readonly var handler = ref metatable.GetString(_names[(int)happening]);
        if (handler.IsNil) metatable.AbsentEvents |= (byte)(1 << (int)happening);
        return handler;
    }
}
