using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Redis' debugger for scripts (ldb) in its synchronous mode: before a line runs the script stands, and its client sends commands of the debugger until one lets it go on. Everybody else waits meanwhile, and the loop is
/// turned from inside, so that clients come and go, workers report, and who may end a busy script can do so.
/// </summary>
internal sealed class ScriptDebugger(Scripting scripting)
{
    public const string CannotFork =
        "ERR A debugged script can't be run in a process of its own here, and so its changes can't be undone. Use SCRIPT DEBUG SYNC (redis-cli --ldb-sync-mode), where they stay";

    private const string ClientGone = "timeout during Lua debugging with client closing connection";

    private const string NobodyThere = "ERR Scripts can be debugged only over a connection";

    /// <summary>Where busy-reply-threshold sets no limit.</summary>
    private const long TimeLimitMs = 5000;

    /// <summary>For how long the loop waits at a time; whatever comes ends that.</summary>
    private const int WaitMs = 100;

    private readonly DebugLog _log = new();
    private Dialog? _dialog;
    private bool _logsCalls, _isBreakAsked, _hasTimedOut, _stands;

    /// <summary>A script of EVAL is being debugged.</summary>
    public bool IsActive => _dialog is not null;

    /// <summary>Calls of commands are told: while a line is stepped over.</summary>
    public bool LogsCalls => _logsCalls && IsActive;

    /// <summary>The script's text, and where it is to stop.</summary>
    public SourceLines Source { get; private set; } = new([]);

    public DebugLog Log => _log;

    // ---- a session

    /// <summary>Runs EVAL in a session of the debugger, whatever becomes of it. The connection is closed behind the reply.</summary>
    public void Debug(ref Call call, CommandHandler eval)
    {
        if (call.Session.ScriptDebugging == ScriptDebugging.Forked) Refuse(ref call);
        else if (call.Session.OpenDialog() is { } dialog)
        {
            using (dialog)
            {
                Begin(dialog, call.Args[1]);
                call.Reply.Flush();
                eval(ref call);
                End();
            }
            call.Session.IsEnding = true;
        }
        else call.Fail(NobodyThere);
    }

    /// <summary>As a session that ends before it begins: redis-cli does not look at the answer to SCRIPT DEBUG, and shows the error then.</summary>
    private static void Refuse(ref Call call)
    {
        call.Reply.Array(1);
        call.Reply.Simple("<endsession>"u8);
        call.Fail(CannotFork);
        call.Session.IsEnding = true;
    }

    private void Begin(Dialog dialog, ReadOnlySpan<byte> text)
    {
        scripting.Log.LogInformation("Redis synchronous debugging eval session started");
        _dialog = dialog;
        Source = new(text);
        _log.Begin();
        _logsCalls = true;
        _isBreakAsked = _hasTimedOut = false;
        scripting.Executor.ClosedGates |= Gates.Busy;
    }

    private void End()
    {
        _log.Add("<endsession>");
        Send();
        scripting.Log.LogInformation("Redis synchronous debugging eval session ended");
        scripting.Executor.ClosedGates &= ~Gates.Busy;
        scripting.Scripts.Machine.Lua.Tracer = null;
        _dialog = null;
        HasEnded = true;
    }

    /// <summary>A session has ended, and those who waited for that are still to be served.</summary>
    public bool HasEnded { get; set; }

    /// <summary>The function of a script that runs now: one that stops at lines, while it is debugged.</summary>
    /// <returns>Null if there is no room for it.</returns>
    public LuaFunction? Prepare(CachedScript script)
    {
        if (!IsActive) return script.Function;
        var machine = scripting.Scripts.Machine.Lua;
        machine.Tracer = new("debugger", OnLine);
        return machine.TryLoad(script.Prototype.ToTraced(), out var function, out _) ? function : null;
    }

    /// <summary>Tells the client what has been logged.</summary>
    public void Send() => _log.SendTo(_dialog!);

    // ---- while the script runs

    /// <summary>redis.breakpoint(): stops at the next line. Whether there is somebody to look.</summary>
    public bool Break() => _isBreakAsked = IsActive;

    /// <summary>redis.debug(): tells the client some values.</summary>
    public void Tell(LuaCall lua)
    {
        if (!IsActive) return;
        var line = new System.Text.StringBuilder($"<debug> line {Source.Current}: ");
        for (var i = 1; i <= lua.Count && line.Length <= ValueText.LengthMax; i++)
        {
            if (i > 1) line.Append(", ");
            line.Append(ValueText.Of(lua.Machine, lua[i], int.MaxValue));
        }
        _log.Add(line.ToString());
    }

    /// <summary>A command is called.</summary>
    public void NoteCall(Arguments request)
    {
        const int shown = 10;
        if (!LogsCalls) return;
        var line = new System.Text.StringBuilder("<redis>");
        for (var i = 0; i < Math.Min(shown, request.Count); i++) line.Append(' ').Append(ByteText.FromBytes(request[i][..Math.Min(request[i].Length, ValueText.LengthMax)]));
        // One less than there are, as Redis has it.
        if (request.Count > shown) line.Append(System.Globalization.CultureInfo.InvariantCulture, $" ... ({request.Count - shown - 1} more)");
        _log.Add(line.ToString());
    }

    /// <summary>A command has answered.</summary>
    public void NoteReply(ReadOnlySpan<byte> reply, RespVersion version)
    {
        if (LogsCalls) _log.AddTrimmed("<reply> " + ReplyText.Of(reply, version, _log.LengthMax));
    }

    /// <summary>An error has come up that a script may catch.</summary>
    /// <param name="sign">Before the text.</param>
    public void NoteError(string sign, ReadOnlySpan<byte> text)
    {
        if (LogsCalls) _log.Add($"<error> {sign}{ByteText.FromBytes(text[..Math.Min(text.Length, ValueText.LengthMax)])}");
    }

    /// <summary>The script looks up from its work: one that runs for too long stops at the next line, and can be ended before it, as what somebody evaluates.</summary>
    public void LookUp(LuaMachine machine)
    {
        var limitMs = scripting.Options.BusyReplyThresholdMs is > 0 and var set ? set : TimeLimitMs;
        // The next line may be far: what a script makes of text has none.
        if (_stands || _hasTimedOut)
        {
            Turn(machine, waitMs: 0);
            if (_dialog!.HasEnded) throw machine.Abort(ByteText.ToBytes(ClientGone));
        }
        else _hasTimedOut = scripting.Run.Patience.ElapsedMs >= limitMs;
    }

    private int OnLine(LuaCall lua)
    {
        Check.That(lua.Machine.TryGetPosition(1, out var source, out var line));
        Source.Current = line;
        if (!IsOfScript(source)) return lua.Return();
        if (_isBreakAsked) Stop(lua, "redis.breakpoint() called");
        else if (Source.IsBreakpoint(line)) Stop(lua, "break point");
        else if (_logsCalls) Stop(lua, "step over");
        else if (_hasTimedOut) Stop(lua, "timeout reached, infinite loop?");
        return lua.Return();
    }

    /// <summary>What a script makes of text and runs is not looked at.</summary>
    public static bool IsOfScript(LuaString source) => source.Span.IndexOf("user_script"u8) >= 0;

    private void Stop(LuaCall lua, string reason)
    {
        var hasTimedOut = _hasTimedOut;
        _logsCalls = _isBreakAsked = _hasTimedOut = false;
        _log.Add($"* Stopped at {Source.Current}, stop reason = {reason}");
        _log.Add(Source.Show(Source.Current));
        Send();
        _stands = true;
        try
        {
            if (Converse(lua)) return;
            // Nobody is there any more: the script runs to its end, unless it would never come there.
            Source.RemoveBreakpoints();
            if (hasTimedOut) throw ScriptError.Fail(lua, ClientGone);
        }
        finally
        {
            _stands = false;
            scripting.Run.Patience.BeginAnew();
        }
    }

    /// <summary>Does what the client says until the script is to go on. False: the client has gone.</summary>
    private bool Converse(LuaCall lua)
    {
        while (true)
        {
            if (Next(lua) is not { } words) return false;
            var outcome = DebuggerCommands.Run(this, lua, words);
            if (outcome == DebuggerOutcome.Stays) Send();
            else
            {
                _logsCalls = outcome == DebuggerOutcome.Steps;
                return true;
            }
        }
    }

    /// <summary>The words of the next command; null: the client has gone, or the server is to end.</summary>
    private List<byte[]>? Next(LuaCall lua)
    {
        var dialog = _dialog!;
        while (true)
        {
            var words = DebuggerInput.Read(dialog.Heard, out var used, out var error);
            dialog.Take(used);
            if (error is not null) throw ScriptError.Fail(lua, error);
            if (words is not null) return words;
            if (dialog.HasEnded || scripting.IsWaitedFor()) return null;
            Turn(lua.Machine, WaitMs);
        }
    }

    private void Turn(LuaMachine machine, int waitMs)
    {
        scripting.Executor.TurnInside(waitMs);
        scripting.Run.Patience.EndIfAsked(machine);
    }

    /// <summary>Calls a command for the debugger's client: it is told as those of a line that is stepped over.</summary>
    public void CallCommand(LuaCall lua, List<byte[]> words)
    {
        var machine = lua.Machine;
        var arguments = new LuaValue[words.Count];
        for (var i = 0; i < arguments.Length; i++) arguments[i] = machine.String(words[i]);
        machine.Globals[machine.String(RedisLibrary.Name)].TryGetTable(out var library);
        _logsCalls = true;
        lua.TryCall(library![machine.String("call"u8)], arguments, out _);
        _logsCalls = false;
    }
}
