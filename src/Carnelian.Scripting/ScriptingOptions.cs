namespace Carnelian;

/// <summary>What is set of scripts.</summary>
public sealed class ScriptingOptions
{
    /// <summary>busy-reply-threshold: a script that runs for longer lets others be answered that it is busy. 0: it never does.</summary>
    public long BusyReplyThresholdMs { get; set; } = 5000;

    /// <summary>lua-memory-limit: what scripts may hold, those of EVAL and the functions each.</summary>
    public long MemoryLimitBytes { get; set; } = LuaMachine.DefaultMemoryLimitBytes;

    /// <summary>What compiling a script or a library may take.</summary>
    internal long CompileLimitBytes => Math.Max(MemoryLimitBytes, CompileLimitMin);

    private const long CompileLimitMin = 16 << 20;

    /// <summary>script-readonly-time-limit: a script that has changed nothing is ended when it has run for longer. 0: never.</summary>
    public long ReadOnlyTimeLimitMs { get; set; }

    /// <summary>lua-enable-deprecated-api: functions that a sandbox should not have are there.</summary>
    public bool HasDeprecatedApi { get; set; }

    /// <summary>lua-enable-insecure-api: Valkey's name for that.</summary>
    public bool HasInsecureApi { get; set; }
}
