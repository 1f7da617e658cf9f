using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Values on their way to another server, and from there.</summary>
[CommandFamily("generic")]
internal static class DumpCommands
{
    private const int FrequencyMax = 255;

    [Command("DUMP", Summary = "Returns a serialized representation of the value stored at a key.", Since = "2.6.0",
        Complexity = "O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects composing the value and M their "
            + "average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so simply O(1).",
        Flags = ReadOnly, Keys = "1 RO access",
        Arguments = "key",
        Tips = "nondeterministic_output")]
    internal static void Dump(ref Call call)
    {
        var view = call.Find(1);
        if (view.Exists) call.Reply.Bulk(call.Executor.Services.Get<Dumps>().Dump(call.Database.Data, view));
        else call.Reply.Null();
    }

    [Command("RESTORE", Summary = "Creates a key from the serialized representation of a value.", Since = "2.6.0",
        Complexity = "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects "
            + "composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so "
            + "simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
        Flags = Write | DenyOom, Categories = "keyspace dangerous", Keys = "1 OW update",
        Arguments = "key ttl:integer serialized-value [REPLACE@3.0.0] [ABSTTL@5.0.0] [IDLETIME seconds:integer@5.0.0] [FREQ frequency:integer@5.0.0]",
        History = [
            "3.0.0: Added the `REPLACE` modifier.",
            "5.0.0: Added the `ABSTTL` modifier.",
            "5.0.0: Added the `IDLETIME` and `FREQ` options."])]
    internal static void Restore(ref Call call)
    {
        var options = ReadOptions(ref call);
        if (call.Failed) return;
        if (!options.Replaces && call.Edit(1).Exists)
        {
            call.Fail("BUSYKEY Target key name already exists.");
            return;
        }
        if (!call.TryInteger(2, out var expiryMs)) return;
        if (expiryMs < 0)
        {
            call.Fail("ERR Invalid TTL value, must be >= 0");
            return;
        }
        var dumps = call.Executor.Services.Get<Dumps>();
        if (!dumps.IsIntact(call.Args[3]))
        {
            call.Fail("ERR DUMP payload version or checksum are wrong");
            return;
        }
        if (expiryMs == 0) expiryMs = EntryView.NoExpiry;
        else if (!options.IsMoment) expiryMs = unchecked(expiryMs + call.NowMs);
        // The policy tells a master from a replica and from what is loading, which keep what is over until they are told.
        var isOver = expiryMs != EntryView.NoExpiry && expiryMs <= call.NowMs && call.Keyspace.Policy == ExpiryPolicy.Delete;
        var key = call.Keyspace.EditEvenExpired(call.Database, call.Key(1));
        var isReplaced = key.Exists;
        if (isOver ? !dumps.IsValue(call.Args[3]) : !dumps.TryRestore(call.Args[3], ref key, expiryMs))
        {
            call.Fail("ERR Bad data format");
            return;
        }
        if (isOver) DeleteReplaced(ref call, ref key);
        else EndRestore(ref call, ref key, options, isReplaced);
        call.Reply.Ok();
    }

    [Command("RESTORE-ASKING", Summary = "An internal command for migrating keys in a cluster.", Since = "3.0.0",
        Complexity = "O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the number of Redis objects "
            + "composing the value and M their average size. For small string values the time complexity is thus O(1)+O(1*M) where M is small, so "
            + "simply O(1). However for sorted set values the complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).",
        Group = "server", Flags = Write | DenyOom | Asking, Categories = "keyspace dangerous", Keys = "1 OW update",
        Arguments = "key ttl:integer serialized-value [REPLACE@3.0.0] [ABSTTL@5.0.0] [IDLETIME seconds:integer@5.0.0] [FREQ frequency:integer@5.0.0]",
        History = [
            "3.0.0: Added the `REPLACE` modifier.",
            "5.0.0: Added the `ABSTTL` modifier.",
            "5.0.0: Added the `IDLETIME` and `FREQ` options."],
        System = true)]
    internal static void RestoreAsking(ref Call call) => Restore(ref call);

    /// <param name="IsMoment">The time is a moment, not a span.</param>
    private readonly record struct RestoreOptions(bool Replaces, bool IsMoment, long IdleSeconds, long Frequency);

    private static RestoreOptions ReadOptions(ref Call call)
    {
        bool replaces = false, isMoment = false;
        long idleSeconds = -1, frequency = -1;
        var options = new OptionReader(call.Args, 4);
        while (options.Next())
        {
            if (options.Is("replace"u8)) replaces = true;
            else if (options.Is("absttl"u8)) isMoment = true;
            else if (frequency < 0 && options.TakesInteger("idletime"u8, ref idleSeconds, min: 0, tooSmall: "ERR Invalid IDLETIME value, must be >= 0")) { }
            else if (idleSeconds < 0 && options.TakesInteger("freq"u8, ref frequency, min: 0, tooSmall: "ERR Invalid FREQ value, must be >= 0 and <= 255"))
            {
                if (frequency > FrequencyMax) options.Fail("ERR Invalid FREQ value, must be >= 0 and <= 255");
            }
            else options.FailSyntax();
        }
        options.Ends(ref call);
        return new(replaces, isMoment, idleSeconds, frequency);
    }

    /// <summary>What would be over is not stored, and what it was to replace goes.</summary>
    private static void DeleteReplaced(ref Call call, scoped ref KeyEdit key)
    {
        if (!key.Exists) return;
        key.Delete(KeyspaceEvent.Delete);
        if (call.HasListeners) call.BeginEffect(call.Keyspace.Options.LazyServerDelete ? "UNLINK"u8 : "DEL"u8);
    }

    private static void EndRestore(ref Call call, scoped ref KeyEdit key, RestoreOptions options, bool isReplaced)
    {
        if (isReplaced) key.AnnounceNew();
        call.Keyspace.Access.SetUse(key.View, options.IdleSeconds, (int)options.Frequency);
        call.Raise(1, KeyspaceEvent.Restore);
        if (!key.View.Expires || options.IsMoment || !call.HasListeners) return;
        var effect = call.BeginEffect(call.Args.Count + 1).Append(call.Args[0]).Append(call.Args[1]).Append(key.View.ExpiryMs);
        for (var i = 3; i < call.Args.Count; i++) effect.Append(call.Args[i]);
        effect.Append("ABSTTL"u8);
    }
}
