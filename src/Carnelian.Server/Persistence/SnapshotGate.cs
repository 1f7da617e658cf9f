namespace Carnelian;

/// <summary>
/// What a snapshot keeps in memory is bounded (snapshot-buffer-max). When the bound is reached, who wants to change a key that is not saved yet waits until the disk has taken some of it; nobody else waits.
/// </summary>
internal sealed class SnapshotGate(Server server) : Gate(Gates.Snapshot)
{
    private bool _hasHeld;

    private Snapshots Snapshots => server.SnapshotFiles.Snapshots;

    /// <summary>Once a turn, between calls: goes on with those who waited when there is room again.</summary>
    /// <param name="goOn">Goes on with what a session has sent behind.</param>
    public void Turn(Action<Session> goOn)
    {
        // From half of it on each request is looked at: those of one turn could take the other half.
        if (Snapshots.IsNearlyFull) server.Executor.ClosedGates |= Bit;
        else server.Executor.ClosedGates &= ~Bit;
        if (!_hasHeld || Snapshots.IsFull) return;
        _hasHeld = false;
        server.Executor.BlockedClients.Reopen(Bit, goOn);
    }

    public override GateAnswer Ask(ref Call call)
    {
        if (!call.MayBlock || !Snapshots.IsFull || (call.Flags & CommandFlags.Write) == 0 || !MustWait(ref call)) return GateAnswer.Admitted;
        _hasHeld = true;
        return GateAnswer.Later;
    }

    private bool MustWait(ref Call call)
    {
        var database = call.Database;
        // A transaction is not taken apart: one key of it is enough. That it may select another database before is not looked at.
        if (call.Command.Has(CommandFlags.Commits)) return call.Session.Transaction!.AnyWrittenKey(call.Keyspace, key => MustWait(database, key));
        if (!call.Command.HasKeys || !call.Command.FindKeys(call.Args, out var keys)) return false;
        foreach (var key in keys)
        {
            if (MustWait(database, call.Key(key.Position))) return true;
        }
        return false;
    }

    private bool MustWait(Database database, Key key)
    {
        var entry = server.Keyspace.Find(database, key, LookupFlags.NoEffects);
        return entry.Exists && Snapshots.MustWait(entry);
    }
}
