using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that empty databases.</summary>
[CommandFamily("server")]
internal static class FlushCommands
{
    /// <summary>So many keys, where all databases together hold no more bytes than that, are freed within the call, in a millisecond or so.</summary>
    private const int KeysAtOnceMax = 5000, BytesAtOnceMax = 8 << 20;

    [Command("FLUSHALL", Summary = "Removes all keys from all databases.", Since = "1.0.0",
        Complexity = "O(N) where N is the total number of keys in all databases",
        Flags = Write, Categories = "keyspace dangerous",
        Arguments = "[flush-type: ASYNC@4.0.0 | SYNC@6.2.0]",
        Tips = "request_policy:all_shards response_policy:all_succeeded",
        History = [
            "4.0.0: Added the `ASYNC` flushing mode modifier.",
            "6.2.0: Added the `SYNC` flushing mode modifier."])]
    internal static void FlushAll(ref Call call) => Flush(ref call, null);

    [Command("FLUSHDB", Summary = "Remove all keys from the current database.", Since = "1.0.0",
        Complexity = "O(N) where N is the number of keys in the selected database",
        Flags = Write, Categories = "keyspace dangerous",
        Arguments = "[flush-type: ASYNC@4.0.0 | SYNC@6.2.0]",
        Tips = "request_policy:all_shards response_policy:all_succeeded",
        History = [
            "4.0.0: Added the `ASYNC` flushing mode modifier.",
            "6.2.0: Added the `SYNC` flushing mode modifier."])]
    internal static void FlushDatabase(ref Call call) => Flush(ref call, call.Database);

    /// <summary>
    /// Nobody but the client waits for a large flush, not even where it is to be synchronous: it is answered when the memory is free, and others are
    /// served meanwhile (as by Redis since 8.0).
    /// </summary>
    private static void Flush(ref Call call, Database? database)
    {
        if (!TryMode(ref call, out var waits)) return;
        var atOnce = waits && CountKeys(ref call, database) <= KeysAtOnceMax && call.Keyspace.DataBytes <= BytesAtOnceMax;
        var keys = call.Keyspace.Flush(database, background: !atOnce);
        call.Keyspace.Dirty += keys;
        // To INFO every flush is a lazy one but for those in transactions and scripts, as in Redis.
        if (atOnce && call.MayBlock) call.Keyspace.Statistics.LazilyFreed += keys;
        if (database is null) call.Executor.AllFlushed?.Invoke();
        call.PropagateAlways();
        if (atOnce || !waits || !call.MayBlock) call.Reply.Ok();
        else call.Executor.BlockedClients.Wait(new BlockedFlush(call.Session, call.Keyspace.LazyFree));
    }

    private static bool TryMode(ref Call call, out bool waits)
    {
        waits = !call.Keyspace.Options.LazyUserFlush;
        if (call.Args.Count == 1) return true;
        waits = call.Is(1, "sync"u8);
        if (call.Args.Count == 2 && (waits || call.Is(1, "async"u8))) return true;
        call.FailSyntax();
        return false;
    }

    private static long CountKeys(ref Call call, Database? database)
    {
        if (database is not null) return database.Data.Count;
        long keys = 0;
        foreach (var each in call.Keyspace.Databases) keys += each.Data.Count;
        return keys;
    }

    /// <summary>Waits until what was flushed before it is freed.</summary>
    private sealed class BlockedFlush(Session session, LazyFree disposal) : BlockedCondition(session)
    {
        private readonly long _ticket = disposal.Ticket;

        public override bool TryAnswer(ref Call call)
        {
            if (!disposal.IsDone(_ticket)) return false;
            call.Reply.Ok();
            return true;
        }
    }
}
