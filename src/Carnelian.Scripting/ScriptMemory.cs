namespace Carnelian;

/// <summary>What scripts and functions take, bytes, and how many there are.</summary>
public readonly record struct ScriptMemory
{
    /// <summary>What lives on the machine of EVAL, and on that of functions.</summary>
    public long EvalMachine { get; init; }

    public long FunctionMachine { get; init; }

    /// <summary>Texts and code of EVAL's scripts, and of libraries.</summary>
    public long Scripts { get; init; }

    public long Libraries { get; init; }

    public int ScriptCount { get; init; }

    public int FunctionCount { get; init; }

    public int LibraryCount { get; init; }
}
