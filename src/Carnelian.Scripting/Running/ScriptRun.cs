namespace Carnelian;

/// <summary>The script that runs: who asked for it, what it may do, and what it has done. There is one at a time.</summary>
internal sealed class ScriptRun
{
    /// <summary>There is one at a time, whatever DEBUG SET-DISABLE-DENY-SCRIPTS says.</summary>
    public const string NotAllowed = "This Redis command is not allowed from script";

    private readonly Scripting _scripting;
    private readonly ResultWriter _results = new();
    private bool _isReadOnly, _hasWritten, _mayExceedMemory;

    public ScriptRun(Scripting scripting)
    {
        _scripting = scripting;
        Session = new(scripting.Executor.Keyspace.Databases[0]);
        Caller = Session;
        Patience = new(scripting);
        scripting.Executor.AddGate(new BusyGate(this, scripting.Debugger));
    }

    /// <summary>Whose calls the script's are.</summary>
    public ScriptSession Session { get; }

    /// <summary>Who asked for the script.</summary>
    public Session Caller { get; private set; }

    /// <summary>Those of the command that it calls.</summary>
    public ScriptArguments Arguments { get; } = new();

    /// <summary>The error that nobody has caught.</summary>
    public UncaughtError Uncaught { get; } = new();

    public ScriptPatience Patience { get; }

    /// <summary>The request by which a function was called.</summary>
    public List<LuaString> Request { get; } = [];

    public bool IsRunning { get; private set; }

    /// <summary>It has called a command that writes: from then on it is not ended, so that all of it takes effect.</summary>
    public bool HasWritten => _hasWritten;

    /// <summary>A script of EVAL; else a function.</summary>
    public bool IsEval { get; private set; }

    /// <summary>Digest of the script, or name of the function.</summary>
    public string Name { get; private set; } = "";

    /// <summary>Runs a script or a function and answers its result. What it declares is judged first.</summary>
    /// <param name="keys">How many of the arguments from the third on are keys.</param>
    public void Execute(ref Call call, ScriptMachine machine, LuaFunction function, string name, ScriptFlags flags, int keys, bool isEval)
    {
        const int firstKey = 3;
        if (IsRunning)
        {
            call.Fail("ERR " + NotAllowed);
            return;
        }
        var mayOnlyRead = call.Command.Has(CommandFlags.ReadOnly);
        if (WhyNotAtAll(ref call, flags, mayOnlyRead) is { } refusal)
        {
            call.Fail(refusal);
            return;
        }
        Begin(ref call, name, flags, mayOnlyRead, isEval);
        call.PropagateInnerCalls();
        call.Reply.Flush();
        LuaValue result = default;
        LuaException? error = null;
        var isOk = (isEval || TryNoteRequest(machine.Lua, call.Args, out error)) && machine.TryRun(function, call.Args, firstKey, keys, isEval, out result, out error);
        IsRunning = false;
        Patience.End();
        if (isOk) _results.Write(ref call, result, Session.Version, machine.Lua.Memory.LimitBytes);
        else AnswerError(ref call, error!);
        Request.Clear();
        Arguments.Clear();
        Session.Received.Begin();
        machine.Rest();
    }

    private void Begin(ref Call call, string name, ScriptFlags flags, bool mayOnlyRead, bool isEval)
    {
        Check.That(!IsRunning);
        IsRunning = true;
        (Name, IsEval) = (name, isEval);
        Caller = call.Client;
        Session.Begin(call.Session);
        _hasWritten = false;
        var isDeclared = !flags.HasFlag(ScriptFlags.Undeclared);
        _isReadOnly = mayOnlyRead || isDeclared && flags.HasFlag(ScriptFlags.NoWrites);
        _mayExceedMemory = isDeclared && flags.HasFlag(ScriptFlags.AllowOutOfMemory);
        Uncaught.Clear();
        Patience.Begin();
    }

    /// <summary>For FUNCTION STATS. Whoever asks comes when the request can't be reached any more.</summary>
    private bool TryNoteRequest(LuaMachine machine, Arguments request, out LuaException? error)
    {
        Request.Clear();
        error = null;
        try
        {
            for (var i = 0; i < request.Count; i++) Request.Add(machine.String(request[i]));
            return true;
        }
        catch (LuaException tooMuch)
        {
            error = tooMuch;
            return false;
        }
    }

    private void AnswerError(ref Call call, LuaException error)
    {
        if (Uncaught.Text is null || !error.Value.IsTable && !error.IsFatal)
        {
            var text = error.Value.TryGetString(out var found) ? ScriptError.Shown(found) : "execution failure";
            call.Fail($"ERR Error running script {Name}, {text[..Math.Min(text.Length, 100)]}");
        }
        else if (Uncaught.IsCounted) call.FailCounted(Uncaught.Tell(Name));
        else call.Fail(Uncaught.Tell(Name));
    }

    // What it may do.

    /// <summary>Why a script that declares something must not run now; null when it may.</summary>
    private string? WhyNotAtAll(ref Call call, ScriptFlags flags, bool mayOnlyRead)
    {
        if (flags.HasFlag(ScriptFlags.Undeclared)) return null;
        if (flags.HasFlag(ScriptFlags.NoCluster) && call.Keyspace.Options.UsesSlots) return "ERR Can not run script on cluster, 'no-cluster' flag is set.";
        if (!flags.HasFlag(ScriptFlags.NoWrites))
        {
            if (call.Client.Targets != ChangeTargets.None && _scripting.RefusesWrites() is { } refusal) return refusal;
            if (mayOnlyRead) return "ERR Can not execute a script with write flag using *_ro command.";
        }
        if ((flags & (ScriptFlags.AllowOutOfMemory | ScriptFlags.NoWrites)) == 0 && _scripting.IsOutOfMemory())
            return "OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'";
        return null;
    }

    /// <summary>Why a command must not be called, as Redis words it: "-CODE sentence", or a sentence whose code is ERR; null when it may.</summary>
    public string? WhyNot(Command? command, int arguments)
    {
        if (command is null) return "Unknown Redis command called from script";
        if (!command.AcceptsCount(arguments)) return "Wrong number of args calling Redis command from script";
        if (command.Handler is null) return "Unknown Redis command called from script";
        if (command.Has(CommandFlags.NoScript) && !_scripting.AllowsAllCommands) return NotAllowed;
        var flags = command.Flags;
        if (_isReadOnly && (flags & (CommandFlags.Write | CommandFlags.MayReplicate)) != 0) return "Write commands are not allowed from read-only scripts.";
        if ((flags & CommandFlags.Write) == 0) return WhyNoMemory(flags);
        // Half of it is done: the rest is not refused any more.
        if (!_hasWritten && _scripting.RefusesWrites() is { } refusal) return "-" + refusal;
        var noMemory = WhyNoMemory(flags);
        _hasWritten |= noMemory is null;
        return noMemory;
    }

    private string? WhyNoMemory(CommandFlags flags) =>
        !_mayExceedMemory && !_hasWritten && (flags & CommandFlags.DenyOom) != 0 && _scripting.IsOutOfMemory()
            ? "-OOM command not allowed when used memory > 'maxmemory'."
            : null;

    /// <summary>redis.set_repl: where its changes are told.</summary>
    public void SetTargets(ChangeTargets targets) => Session.Targets = targets & Caller.Targets;

    /// <summary>SCRIPT KILL or FUNCTION KILL: has the script end, if nothing stands against it.</summary>
    public void Kill(ref Call call, bool asEval)
    {
        if (!IsRunning) call.Fail("NOTBUSY No scripts in execution right now.");
        else if (Caller.Targets == ChangeTargets.None) call.Fail("UNKILLABLE The busy script was sent by a master instance in the context of replication and cannot be killed.");
        else if (_hasWritten)
        {
            call.Fail(
                "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script termination or kill the server in a hard way using the "
                + "SHUTDOWN NOSAVE command.");
        }
        else if (asEval != IsEval) call.Fail(IsEval ? BusyGate.ByScript : BusyGate.ByFunction);
        else
        {
            Patience.Kill();
            call.Reply.Ok();
        }
    }
}
