namespace Carnelian;

/// <summary>redis.call and redis.pcall: a command of a script, as a call within the one that runs the script.</summary>
internal sealed class ScriptCalls(Scripting scripting)
{
    public const string NoArguments = "Please specify at least one argument for this redis lib call";
    public const string WrongArguments = "Lua redis lib command arguments must be strings or integers";

    /// <summary>A script with commands that take long looks up as often as one that computes.</summary>
    private const int NanosecondsPerStep = 16;

    /// <param name="raises">An error ends the script, if it does not catch it; else it is the result.</param>
    public int Run(LuaCall lua, bool raises)
    {
        if (lua.Count == 0) return Answer(lua, ScriptError.Make(lua.Machine, ByteText.ToBytes(NoArguments)), raises);
        if (!scripting.Run.Arguments.TryTake(lua)) return Answer(lua, ScriptError.Make(lua.Machine, ByteText.ToBytes(WrongArguments)), raises);
        var run = scripting.Run;
        var request = run.Arguments.Request;
        var command = scripting.Executor.Commands.Find(request);
        scripting.Debugger.NoteCall(request);
        if (run.WhyNot(command, request.Count) is { } refusal)
        {
            Count(command, refusal);
            return Answer(lua, ScriptError.Make(lua.Machine, ByteText.ToBytes(refusal), isCounted: true), raises);
        }
        var replies = run.Session.Received;
        replies.Begin(lua.Machine.Memory.LimitBytes);
        var call = new Call(scripting.Executor, run.Session, run.Caller, replies);
        call.Begin(request, command);
        scripting.Executor.Run(ref call);
        call.Reply.Flush();
        lua.Machine.Spend(call.Nanoseconds / NanosecondsPerStep);
        if (replies.IsOverlong) throw LuaException.OfMemory();
        var reply = replies.Span;
        raises &= reply[0] == '-';
        var result = new ReplyReader(lua, reply).Read();
        scripting.Debugger.NoteReply(reply, run.Session.Version);
        return Answer(lua, result, raises);
    }

    private static int Answer(LuaCall lua, in LuaValue result, bool raises)
    {
        if (raises) throw lua.FailWith(result);
        return lua.Return(result);
    }

    private int Answer(LuaCall lua, LuaTable error, bool raises) => Answer(lua, (LuaValue)error, raises);

    private void Count(Command? command, string refusal)
    {
        scripting.Executor.Errors.Count(refusal.StartsWith('-') ? refusal[1..] : "ERR " + refusal);
        if (command is not null) scripting.Executor.Statistics[command.Index].Rejected++;
    }
}
