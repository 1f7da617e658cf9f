namespace Carnelian;

/// <summary>The transactions of all sessions: opens and ends them, and keeps some that ended for the next.</summary>
public sealed class Transactions : IDisposable
{
    /// <summary>Ended ones that are kept.</summary>
    private const int SpareMax = 16;

    private readonly Executor _executor;
    private readonly Stack<Transaction> _spare = new();

    internal Transactions(Executor executor)
    {
        _executor = executor;
        Watched = new(executor.Keyspace);
        executor.AddGate(new QueueingGate());
    }

    public WatchedKeys Watched { get; }

    internal Transaction Of(Session session) => session.Transaction ??= _spare.TryPop(out var spare) ? spare : new(_executor.Keyspace.Allocator);

    /// <summary>MULTI: requests are queued from now on.</summary>
    internal void Open(Session session)
    {
        Of(session).IsOpen = true;
        session.ClosedGates |= Gates.Queueing;
    }

    /// <summary>The end of queueing, and of watching. The queue is there until <see cref="Release"/>.</summary>
    internal void Close(Session session)
    {
        if (session.Transaction is not { } transaction) return;
        session.ClosedGates &= ~Gates.Queueing;
        transaction.IsOpen = false;
        Unwatch(transaction);
    }

    internal void Unwatch(Transaction transaction)
    {
        Watched.Leave(transaction);
        transaction.IsOvertaken = false;
    }

    /// <summary>Lets go of a session's transaction if nothing is left of it.</summary>
    internal void Release(Session session)
    {
        if (session.Transaction is not { IsIdle: true } transaction) return;
        session.Transaction = null;
        transaction.Clear();
        if (_spare.Count < SpareMax) _spare.Push(transaction);
        else transaction.Free();
    }

    /// <summary>DISCARD, RESET, the end of the session.</summary>
    public void Discard(Session session)
    {
        Close(session);
        Release(session);
    }

    public void Dispose()
    {
        while (_spare.TryPop(out var spare)) spare.Free();
        Watched.Dispose();
    }
}

/// <summary>Queues the requests of a session that has sent MULTI.</summary>
internal sealed class QueueingGate() : Gate(Gates.Queueing)
{
    public override GateAnswer Ask(ref Call call)
    {
        if (call.Command.Has(CommandFlags.NeverQueued)) return GateAnswer.Admitted;
        if (call.Command.Has(CommandFlags.NoMulti))
        {
            call.Fail("ERR Command not allowed inside a transaction");
            return GateAnswer.Answered;
        }
        call.Session.Transaction!.Add(in call);
        call.Reply.Raw("+QUEUED\r\n"u8);
        return GateAnswer.Answered;
    }
}
