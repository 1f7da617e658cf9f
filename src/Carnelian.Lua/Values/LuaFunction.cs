namespace Carnelian;

/// <summary>What can be called: a closure of a script, or a function of the host.</summary>
public abstract class LuaFunction : LuaObject
{
    private protected LuaFunction() : base(LuaType.Function)
    {
    }

    /// <summary>What its address is told as; 0 until somebody asks or it is a key.</summary>
    internal int Id;
}

/// <summary>A function of a script with the variables and the environment that it sees.</summary>
public sealed class LuaClosure : LuaFunction
{
    internal const int BaseBytes = 80;

    internal readonly LuaPrototype Prototype;
    internal readonly Upvalue[] Upvalues;
    internal LuaTable Environment;

    internal LuaClosure(LuaPrototype prototype, Upvalue[] upvalues, LuaTable environment)
    {
        Prototype = prototype;
        Upvalues = upvalues;
        Environment = environment;
    }
}

/// <summary>
/// A variable that closures share. While the function that declared it runs, its value lies on that thread's stack; then it moves here.
/// </summary>
internal sealed class Upvalue
{
    internal const int Bytes = 64;

    /// <summary>Null when it is closed.</summary>
    internal LuaThread? Thread;

    /// <summary>Where on the stack.</summary>
    internal int Index;

    internal LuaValue Value;

    /// <summary>The open one next below on the stack.</summary>
    internal Upvalue? Next;

    internal int Mark;

    public ref LuaValue Place
    {
        [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
        get => ref Thread is null ? ref Value : ref Thread.Stack[Index];
    }
}

/// <summary>
/// What a function of the host does: it reads its arguments from the call and answers how many results it has put there. It fails by <see cref="LuaCall.Fail"/>.
/// </summary>
public delegate int LuaBody(LuaCall call);

/// <summary>A function of the host, with values that it keeps for itself.</summary>
public sealed class LuaHostFunction(string name, LuaBody body, int valueCount = 0) : LuaFunction
{
    internal const int BaseBytes = 64;

    /// <summary>For those who read stacks; messages take the name from the place that calls, as PUC's do.</summary>
    public string Name => name;

    internal readonly LuaBody Body = body;

    /// <summary>Upvalues of its own.</summary>
    internal readonly LuaValue[] Values = valueCount == 0 ? [] : new LuaValue[valueCount];
}

/// <summary>Something of the host that scripts can hold and not look into.</summary>
public sealed class LuaUserData(object? content, LuaType type = LuaType.UserData) : LuaObject(type)
{
    internal const int BaseBytes = 56;

    public object? Content => content;

    public LuaTable? Metatable { get; set; }

    internal LuaTable? Environment;

    internal int Id;
}
