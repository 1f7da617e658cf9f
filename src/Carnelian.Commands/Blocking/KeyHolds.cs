namespace Carnelian;

/// <summary>
/// Has requests wait that would change keys which are on their way to another server (<see cref="HeldKeys"/>); those that only read go on. A transaction waits as a
/// whole, for a key of such a name in any database: it may select another one.
/// </summary>
public sealed class KeyHolds(Executor executor) : Gate(Gates.HeldKeys)
{
    private const CommandFlags Changing = CommandFlags.Write | CommandFlags.MayReplicate;

    private HeldKeys Held => executor.Keyspace.Held;

    /// <inheritdoc cref="HeldKeys.Hold"/>
    public void Hold(Database database, Key key, long holder, ref MultimapChain chain)
    {
        Held.Hold(database, key, holder, ref chain);
        executor.ClosedGates |= Bit;
    }

    /// <summary>Lets go of all that a holder holds, and runs what waited for that. Between calls.</summary>
    public void Release(ref MultimapChain chain)
    {
        if (chain.Count == 0) return;
        Held.Release(ref chain);
        if (!Held.Any) executor.ClosedGates &= ~Bit;
        executor.BlockedClients.Reopen(Bit);
    }

    public override GateAnswer Ask(ref Call call)
    {
        if ((call.Flags & Changing) == 0 || !Concerns(ref call)) return GateAnswer.Admitted;
        if (call.MayBlock) return GateAnswer.Later;
        call.Fail("TRYAGAIN A key is on its way to another server (MIGRATE)");
        return GateAnswer.Answered;
    }

    private bool Concerns(ref Call call)
    {
        // What exchanges databases would take a key from under whoever holds it.
        if (call.Command.Name == "swapdb") return true;
        if (!call.Command.Has(CommandFlags.Commits)) return Names(ref call, everywhere: call.Command.Name is "move" or "copy");
        var queued = new Call(executor, call.Session, call.Session.Replies);
        for (var i = 0; i < call.Session.Transaction!.Count; i++)
        {
            call.Session.Transaction.Begin(i, ref queued);
            if (queued.Command.Name == "swapdb" || queued.Command.Has(Changing) && Names(ref queued, everywhere: true)) return true;
        }
        return false;
    }

    /// <summary>Whether a request names a key that is held.</summary>
    /// <param name="everywhere">Also one of another database.</param>
    private bool Names(ref Call call, bool everywhere)
    {
        if (!call.Command.HasKeys || !call.Command.FindKeys(call.Args, out var keys)) return false;
        foreach (var named in keys)
        {
            var key = call.Key(named.Position);
            if (!everywhere && Held.Contains(call.Database, key)) return true;
            if (everywhere && IsHeldAnywhere(key)) return true;
        }
        return false;
    }

    private bool IsHeldAnywhere(Key key)
    {
        foreach (var database in executor.Keyspace.Databases)
        {
            if (Held.Contains(database, key)) return true;
        }
        return false;
    }
}
