namespace Carnelian;

/// <summary>
/// A compiled function. It never changes, so that machines can share it, whatever threads they run on.
/// </summary>
public sealed class LuaPrototype
{
    internal ulong[] Code = [];
    internal LuaValue[] Constants = [];
    internal LuaPrototype[] Prototypes = [];

    /// <summary>The line of each instruction.</summary>
    internal int[] Lines = [];

    internal LocalVariable[] Locals = [];
    internal UpvalueSource[] Upvalues = [];
    internal int ParameterCount;
    internal VarArgs VarArgs;

    /// <summary>Registers that it needs.</summary>
    internal int StackSize = 2;

    internal LuaString Source = LuaString.Of("=?"u8);

    /// <summary>0 for a whole chunk.</summary>
    public int LineDefined { get; internal set; }

    public int LastLineDefined { get; internal set; }

    /// <summary>What it takes with those inside it, approximately.</summary>
    public long Bytes { get; internal set; }

    /// <summary>The machine whose script has compiled it, which counts it; null if it is the host's.</summary>
    internal LuaMachine? Owner { get; private set; }

    /// <summary>The round of the owner's walk over what is reachable that has seen it.</summary>
    internal int Mark;

    /// <summary>"user_script", or [string "…"]: how positions name it.</summary>
    public LuaString ShortSource { get; internal set; } = LuaString.Of("?"u8);

    /// <summary>The same function with <see cref="Opcode.Line"/> in it, for the use of <see cref="LuaMachine.Tracer"/>. Code that nobody traces knows nothing of it.</summary>
    public LuaPrototype ToTraced()
    {
        var traced = (LuaPrototype)MemberwiseClone();
        traced.Code = TracedCode.Of(Code);
        traced.Lines = TracedCode.LinesOf(Lines);
        traced.Locals = Array.ConvertAll(Locals, static local => local with { From = TracedCode.PlaceOf(local.From), To = TracedCode.PlaceOf(local.To) });
        traced.Prototypes = Array.ConvertAll(Prototypes, static inner => inner.ToTraced());
        return traced;
    }

    internal void GiveTo(LuaMachine owner)
    {
        Owner = owner;
        foreach (var inner in Prototypes) inner.GiveTo(owner);
    }

    /// <summary>The line of an instruction; before the first one the function has only been entered.</summary>
    internal int LineOf(int pc) => pc < Lines.Length ? Lines[Math.Max(pc, 0)] : -1;

    /// <summary>The name of the local variable in a register, if one is active there.</summary>
    internal LuaString? LocalName(int register, int pc)
    {
        foreach (var local in Locals)
        {
            if (local.From > pc) break;
            if (pc < local.To && register-- == 0) return local.Name;
        }
        return null;
    }
}

/// <summary>A local variable, and the instructions for which it is active.</summary>
internal readonly record struct LocalVariable(LuaString Name, int From, int To);

/// <summary>Where a closure gets a variable from: a register of the function around it, or one of that one's own upvalues.</summary>
internal readonly record struct UpvalueSource(LuaString Name, bool IsLocal, int Index);

/// <summary>What becomes of arguments beyond the parameters.</summary>
[Flags]
internal enum VarArgs : byte { None = 0, HasArg = 1, IsVarArg = 2, NeedsArg = 4 }
