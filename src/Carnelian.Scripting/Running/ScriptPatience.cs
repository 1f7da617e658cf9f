using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// What becomes of a script that runs for long. Beyond busy-reply-threshold it turns the loop from within now and then, so that others are answered: that it is busy, or by its end, if it has changed nothing
/// and somebody says SCRIPT KILL or FUNCTION KILL.
/// </summary>
internal sealed class ScriptPatience(Scripting scripting)
{
    private const string Killed = "Script killed by user with SCRIPT KILL...";

    /// <summary>Who looks up often shall not be slow for that.</summary>
    private const long NanosecondsPerTurn = 200_000;

    private long _beganNanoseconds, _nextTurnNanoseconds;
    private bool _isKilled;

    /// <summary>Others are told that it is busy.</summary>
    public bool IsBusy { get; private set; }

    /// <summary>For how long it has run.</summary>
    public long ElapsedMs => (scripting.Clock.MonotonicNanoseconds - _beganNanoseconds) / 1_000_000;

    public void Begin()
    {
        BeginAnew();
        _isKilled = false;
    }

    /// <summary>What it was kept waiting is not its own time.</summary>
    public void BeginAnew() => _nextTurnNanoseconds = _beganNanoseconds = scripting.Clock.MonotonicNanoseconds;

    public void End()
    {
        if (!IsBusy) return;
        IsBusy = false;
        scripting.Executor.ClosedGates &= ~Gates.Busy;
    }

    /// <summary>It is to end when it looks up next.</summary>
    public void Kill() => _isKilled = true;

    /// <summary>The script looks up from its work.</summary>
    /// <exception cref="LuaException">It has to end, and nothing of it goes on.</exception>
    public void LookUp(LuaMachine machine)
    {
        var run = scripting.Run;
        var elapsedMs = ElapsedMs;
        if (scripting.Options.ReadOnlyTimeLimitMs is > 0 and var limitMs && elapsedMs >= limitMs && !run.HasWritten)
        {
            scripting.Log.LogWarning("Script ended after {Elapsed} milliseconds by script-readonly-time-limit. Script name is: {Name}.", elapsedMs, run.Name);
            throw End(machine, $"Script ended because it has run for more than {limitMs} milliseconds (script-readonly-time-limit)");
        }
        if (!IsBusy)
        {
            var thresholdMs = scripting.Options.BusyReplyThresholdMs;
            if (thresholdMs == 0 || elapsedMs < thresholdMs) return;
            scripting.Log.LogWarning(
                "Slow script detected: still in execution after {Elapsed} milliseconds. You can try killing the script using the {Command} command. Script name is: {Name}.",
                elapsedMs, run.IsEval ? "SCRIPT KILL" : "FUNCTION KILL", run.Name);
            IsBusy = true;
            scripting.Executor.ClosedGates |= Gates.Busy;
        }
        var now = scripting.Clock.MonotonicNanoseconds;
        if (now < _nextTurnNanoseconds) return;
        scripting.Executor.TurnInside();
        _nextTurnNanoseconds = scripting.Clock.MonotonicNanoseconds + NanosecondsPerTurn;
        EndIfAsked(machine);
    }

    /// <summary>Ends the script if the server ends, or somebody has said so.</summary>
    /// <exception cref="LuaException">It has to end, and nothing of it goes on.</exception>
    public void EndIfAsked(LuaMachine machine)
    {
        if (scripting.IsEnding()) throw End(machine, "The server is shutting down");
        if (!_isKilled) return;
        scripting.Log.LogInformation("Lua script killed by user with SCRIPT KILL.");
        throw End(machine, Killed);
    }

    private LuaException End(LuaMachine machine, string reason)
    {
        scripting.Run.Uncaught.Set("ERR " + reason, machine);
        return machine.Abort(ByteText.ToBytes(reason));
    }
}
