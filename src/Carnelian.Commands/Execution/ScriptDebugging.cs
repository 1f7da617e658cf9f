namespace Carnelian;

/// <summary>Whether a session's scripts are debugged: SCRIPT DEBUG.</summary>
public enum ScriptDebugging : byte
{
    /// <summary>NO.</summary>
    Off,

    /// <summary>YES: in a process of their own, whose changes are lost.</summary>
    Forked,

    /// <summary>SYNC: here, while everybody else waits.</summary>
    Synchronous,
}
