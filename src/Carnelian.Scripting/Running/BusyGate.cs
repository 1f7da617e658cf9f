namespace Carnelian;

/// <summary>Closed while a script runs for too long: others are told so, but for what may end it. While one is debugged they wait, as in Redis.</summary>
internal sealed class BusyGate(ScriptRun run, ScriptDebugger debugger) : Gate(Gates.Busy)
{
    public const string ByScript = "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";
    public const string ByFunction = "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.";

    public override GateAnswer Ask(ref Call call)
    {
        if (call.Session == run.Session || call.Command.Has(CommandFlags.AllowBusy)) return GateAnswer.Admitted;
        if (debugger.IsActive && call.MayBlock) return GateAnswer.Later;
        call.Fail(run.IsEval ? ByScript : ByFunction);
        return GateAnswer.Answered;
    }
}
