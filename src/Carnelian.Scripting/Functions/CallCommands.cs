using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Calling functions.</summary>
[CommandFamily("scripting")]
internal static class CallCommands
{
    [Command("FCALL", Summary = "Invokes a function.", Since = "7.0.0", Complexity = "Depends on the function that is executed.",
        Flags = NoScript | Stale | SkipMonitor | NoMandatoryKeys | MayReplicate | RunsScript,
        Keys = "2# RW access update (We cannot tell how the keys will be used so we assume the worst, RW and UPDATE)",
        Arguments = "function numkeys:integer [key...] [arg...]")]
    internal static void CallFunction(ref Call call) => Run(ref call);

    [Command("FCALL_RO", Summary = "Invokes a read-only function.", Since = "7.0.0", Complexity = "Depends on the function that is executed.",
        Flags = ReadOnly | NoScript | Stale | SkipMonitor | NoMandatoryKeys | RunsScript,
        Keys = "2# RO access (We cannot tell how the keys will be used so we assume the worst, RO and ACCESS)",
        Arguments = "function numkeys:integer [key...] [arg...]")]
    internal static void CallFunctionReadOnly(ref Call call) => Run(ref call);

    private static void Run(ref Call call)
    {
        var scripting = call.Executor.Services.Get<Scripting>();
        if (scripting.Functions.Current.FindFunction(call.Args[1]) is not { } function) call.Fail("ERR Function not found");
        else if (!IntegerText.TryParse(call.Args[2], out var keys)) call.Fail("ERR Bad number of keys provided");
        else if (keys > call.Args.Count - 3) call.Fail("ERR Number of keys can't be greater than number of args");
        else if (keys < 0) call.Fail("ERR Number of keys can't be negative");
        else scripting.Run.Execute(ref call, scripting.Functions.Machine, function.Callback, function.Name, function.Flags, (int)keys, isEval: false);
    }
}
