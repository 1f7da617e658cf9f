using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Requests that run together, if nobody changed the keys that were watched.</summary>
[CommandFamily("transactions")]
internal static class TransactionCommands
{
    [Command("MULTI", Summary = "Starts a transaction.", Since = "1.2.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Fast | AllowBusy | NeverQueued)]
    internal static void Multi(ref Call call)
    {
        if (call.Session.Transaction is { IsOpen: true })
        {
            call.Fail("ERR MULTI calls can not be nested");
            return;
        }
        call.Executor.Transactions.Open(call.Session);
        call.Reply.Ok();
    }

    [Command("EXEC", Summary = "Executes all commands in a transaction.", Since = "1.2.0", Complexity = "Depends on commands in the transaction",
        Flags = NoScript | Loading | Stale | SkipSlowLog | NeverQueued | Commits)]
    internal static void Exec(ref Call call)
    {
        var session = call.Session;
        var transactions = call.Executor.Transactions;
        if (session.Transaction is not { IsOpen: true } transaction)
        {
            call.Fail("ERR EXEC without MULTI");
            return;
        }
        var isOvertaken = transactions.Watched.IsOvertaken(transaction);
        transactions.Close(session);
        if (transaction.IsSpoiled) call.Fail("EXECABORT Transaction discarded because of previous errors.");
        else if (isOvertaken) call.Reply.NullArray();
        else Run(ref call, transaction);
        transactions.Release(session);
    }

    private static void Run(ref Call call, Transaction transaction)
    {
        transaction.IsRunning = true;
        call.Reply.Array(transaction.Count);
        var inner = new Call(ref call, call.Session, call.Session.Replies) { IsAdmitted = true };
        for (var i = 0; i < transaction.Count; i++)
        {
            transaction.Begin(i, ref inner);
            call.Executor.Run(ref inner);
        }
        inner.Reply.Flush();
        transaction.IsRunning = false;
        // HELLO may have been among them.
        call.Reply.Version = call.Session.Version;
    }

    [Command("DISCARD", Summary = "Discards a transaction.", Since = "2.0.0", Complexity = "O(N), when N is the number of queued commands",
        Flags = NoScript | Loading | Stale | Fast | AllowBusy | NeverQueued)]
    internal static void Discard(ref Call call)
    {
        if (call.Session.Transaction is not { IsOpen: true })
        {
            call.Fail("ERR DISCARD without MULTI");
            return;
        }
        call.Executor.Transactions.Discard(call.Session);
        call.Reply.Ok();
    }

    [Command("WATCH", Summary = "Monitors changes to keys to determine the execution of a transaction.", Since = "2.2.0",
        Complexity = "O(1) for every key.",
        Flags = NoScript | Loading | Stale | Fast | AllowBusy | NeverQueued, Keys = "1..-1 RO",
        Arguments = "key...")]
    internal static void Watch(ref Call call)
    {
        var transactions = call.Executor.Transactions;
        if (call.Session.Transaction is { IsOpen: true })
        {
            call.Fail("ERR WATCH inside MULTI is not allowed");
            return;
        }
        var transaction = transactions.Of(call.Session);
        // What is overtaken already needs no more keys.
        for (var i = 1; i < call.Args.Count && !transaction.IsOvertaken; i++) transactions.Watched.Watch(transaction, call.Database, call.Key(i));
        call.Reply.Ok();
    }

    [Command("UNWATCH", Summary = "Forgets about watched keys of a transaction.", Since = "2.2.0", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Fast | AllowBusy)]
    internal static void Unwatch(ref Call call)
    {
        if (call.Session.Transaction is { } transaction)
        {
            call.Executor.Transactions.Unwatch(transaction);
            call.Executor.Transactions.Release(call.Session);
        }
        call.Reply.Ok();
    }
}
