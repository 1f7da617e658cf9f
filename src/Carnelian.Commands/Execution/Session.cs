namespace Carnelian;

/// <summary>
/// Who runs commands: a client, a script, the replication link, the loading of a file. Holds what lasts from one command
/// to the next and is no property of a connection.
/// </summary>
public abstract class Session(Database database, long id) : Author
{
    /// <summary>Unique in the life of a server and growing: CLIENT ID.</summary>
    public long Id { get; } = id;

    public Database Database { get; set; } = database;

    public RespVersion Version { get; set; } = RespVersion.Resp2;

    /// <summary>Gates that are closed for this session, and observers of its calls, beside those that are for all.</summary>
    public Gates ClosedGates { get; set; }

    /// <summary>No further request is run once the reply is written: QUIT, a protocol error.</summary>
    public bool IsEnding { get; set; }

    /// <summary>Ends the session at once; replies that are not sent yet are lost.</summary>
    public virtual void Abort(string reason) => IsEnding = true;

    /// <summary>The call that waits, if one does; no further request is run meanwhile.</summary>
    public BlockedCall? Blocked { get; internal set; }

    /// <summary>What lies between its WATCH or MULTI and EXEC, or null.</summary>
    public Transaction? Transaction { get; internal set; }

    /// <summary>A request of it is running, in a batch or again: its output is neither handed over nor given up, and pushes wait for its reply.</summary>
    public bool IsRunning { get; set; }

    /// <summary>A call that waited has been run again, and may have answered.</summary>
    protected internal virtual void OnRunAgain() { }

    /// <summary>The next request may run: the session neither ends nor waits for a blocked call.</summary>
    public bool CanRun => !IsEnding && Blocked is null;

    /// <summary>What it asks for was done elsewhere or before, and is propagated as it came of that: options are not held against it, and bounds do not stop it. The loading of an append-only file.</summary>
    public bool IsRepeating { get; protected init; }

    /// <summary>CLIENT SETNAME's, empty when there is none.</summary>
    public byte[] Name { get; set; } = [];

    /// <summary>Where the session comes from, for people: "127.0.0.1:50123".</summary>
    public abstract string Address { get; }

    /// <summary>What EVAL is to be: SCRIPT DEBUG.</summary>
    public ScriptDebugging ScriptDebugging { get; set; }

    /// <summary>Replies have been written that are not handed over yet.</summary>
    public virtual bool HasPendingReplies => false;

    /// <summary>Begins a talk with the client in the midst of a call of it; null where there is nobody to talk with.</summary>
    public virtual Dialog? OpenDialog() => null;

    /// <summary>Where replies to a call that waited are written.</summary>
    public abstract ReplySink Replies { get; }
}
