using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Scripts of a server: those that EVAL runs and keeps, and functions. Only one runs at a time, whosever it is. The floors above tell it what they know: whether memory is full, whether what is written
/// can be made to last.
/// </summary>
public sealed class Scripting
{
    private readonly World _world;

    /// <param name="redisVersion">"8.0.6": what scripts are told.</param>
    public Scripting(World world, Executor executor, ScriptingOptions options, string redisVersion, ILogger log)
    {
        _world = world;
        Executor = executor;
        Options = options;
        RedisVersion = redisVersion;
        Log = log;
        Debugger = new(this);
        Run = new(this);
        Scripts = new(this);
        Functions = new(this);
        executor.ScriptFlags = FlagsOf;
        executor.Services.Add(this);
    }

    public ScriptingOptions Options { get; }

    /// <summary>Those of EVAL.</summary>
    public ScriptCache Scripts { get; }

    public Functions Functions { get; }

    /// <summary>No key can be evicted, and memory is full, as of the latest request: what a script may not do then.</summary>
    public Func<bool> IsOutOfMemory { get; set; } = static () => false;

    /// <summary>Why nothing may be changed now, because it could not be made to last; null when it may.</summary>
    public Func<string?> RefusesWrites { get; set; } = static () => null;

    /// <summary>The server is to end: a script that runs does so, too.</summary>
    public Func<bool> IsEnding { get; set; } = static () => false;

    /// <summary>The server is to end when the script that runs has ended. One that is debugged stands no longer then.</summary>
    public Func<bool> IsWaitedFor { get; set; } = static () => false;

    /// <summary>A script must not be in the way of what others ask for: null, or the error that says so.</summary>
    public string? WhyBusy => !IsRunning ? null : Run.IsEval ? BusyGate.ByScript : BusyGate.ByFunction;

    /// <summary>DEBUG SET-DISABLE-DENY-SCRIPTS: scripts may call what they otherwise must not.</summary>
    public bool AllowsAllCommands { get; set; }

    /// <summary>A script or a function is running.</summary>
    public bool IsRunning => Run.IsRunning;

    /// <summary>Another set of functions is to be offered: scripts are forgotten, and libraries loaded anew.</summary>
    public void Renew()
    {
        Scripts.Flush();
        Functions.Reload();
    }

    /// <summary>Serves those who waited until a script was debugged. Between calls.</summary>
    /// <param name="goOn">Goes on with what a session has sent behind.</param>
    public void Turn(Action<Session> goOn)
    {
        if (!Debugger.HasEnded) return;
        Debugger.HasEnded = false;
        Executor.BlockedClients.Reopen(Gates.Busy, goOn);
    }

    /// <summary>lua-memory-limit has been set.</summary>
    public void LimitMemory()
    {
        Scripts.Machine.Lua.Memory.LimitBytes = Options.MemoryLimitBytes;
        Functions.Machine.Lua.Memory.LimitBytes = Options.MemoryLimitBytes;
    }

    /// <summary>What scripts take, and how many there are.</summary>
    public ScriptMemory Measure() => new()
    {
        EvalMachine = Scripts.MachineBytes,
        Scripts = Scripts.ScriptBytes,
        ScriptCount = Scripts.Count,
        FunctionMachine = Functions.Machine.MeasureBytes(),
        Libraries = Functions.Current.Bytes,
        FunctionCount = Functions.Current.FunctionCount,
        LibraryCount = Functions.Current.Libraries.Count,
    };

    /// <summary>Less is not worth a collection.</summary>
    private const long GarbageMin = 64 << 20;

    private long _managedBytes;

    /// <summary>Arrays of megabytes lie on .NET's heap until it has reason to collect all generations, which may be far: what scripts have left there is no more than half of what they may hold.</summary>
    internal void CollectGarbage()
    {
        if (!HasMuchGarbage) return;
        _world.Process.CollectYoungGarbage();
        if (!HasMuchGarbage) return;
        _world.Process.ReleaseManagedMemory();
        _managedBytes = _world.Process.ManagedBytesWithGarbage;
    }

    private bool HasMuchGarbage => _world.Process.ManagedBytesWithGarbage - _managedBytes >= Math.Max(Options.MemoryLimitBytes / 2, GarbageMin);

    internal Executor Executor { get; }

    internal Clock Clock => _world.Clock;

    internal ILogger Log { get; }

    internal string RedisVersion { get; }

    /// <summary>The script that runs, or the last one.</summary>
    internal ScriptRun Run { get; }

    internal ScriptDebugger Debugger { get; }

    /// <summary>All scripts draw from one source, as in Redis.</summary>
    internal Random48 Random { get; } = new();

    internal double CpuSeconds
    {
        get
        {
            var (user, system) = _world.Process.CpuSeconds;
            return user + system;
        }
    }

    /// <summary>What a script declares decides what gates are asked; where it declares nothing, or nobody knows it, its command does.</summary>
    private CommandFlags FlagsOf(in Call call)
    {
        var declared = call.Command.Name.StartsWith("fcall", StringComparison.Ordinal) ? Functions.Current.FindFunction(call.Args[1])?.Flags : Scripts.FlagsOf(in call);
        return declared is { } flags && !flags.HasFlag(ScriptFlags.Undeclared) ? flags.ToCommandFlags(call.Command.Flags) : call.Command.Flags;
    }
}
