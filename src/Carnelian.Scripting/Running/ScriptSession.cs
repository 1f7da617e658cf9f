namespace Carnelian;

/// <summary>Whose calls a script's are: it has a database and a version of RESP of its own, and beyond these is who asked for it.</summary>
internal sealed class ScriptSession(Database database) : Session(database, id: 0)
{
    private readonly ScriptReplies _replies = new();

    public override string Address => "lua";

    public override ReplySink Replies => _replies;

    public ScriptReplies Received => _replies;

    public void Begin(Session caller)
    {
        Database = caller.Database;
        Version = RespVersion.Resp2;
        Targets = caller.Targets;
        OwnPolicy = caller.OwnPolicy;
        LeavesNoTrace = caller.LeavesNoTrace;
    }
}
