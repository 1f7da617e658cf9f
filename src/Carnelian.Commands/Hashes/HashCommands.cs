using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands on single fields of hashes.</summary>
[CommandFamily("hash")]
internal static class HashCommands
{
    [Command("HSET", Summary = "Creates or modifies the value of a field in a hash.", Since = "2.0.0",
        Complexity = "O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called with multiple field/value pairs.",
        Flags = Write | DenyOom | Fast | ElementBehindKey, Keys = "1 RW update",
        Arguments = "key (data: field value)...",
        History = [
            "4.0.0: Accepts multiple `field` and `value` arguments."])]
    internal static void Set(ref Call call)
    {
        if (TrySet(ref call, out var created)) call.Reply.Integer(created);
    }

    [Command("HMSET", Summary = "Sets the values of multiple fields.", Since = "2.0.0", Complexity = "O(N) where N is the number of fields being set.",
        Flags = Write | DenyOom | Fast | ElementBehindKey, Keys = "1 RW update",
        Arguments = "key (data: field value)...", DeprecatedSince = "4.0.0", ReplacedBy = "`HSET` with multiple field-value pairs")]
    internal static void SetMany(ref Call call)
    {
        if (TrySet(ref call, out _)) call.Reply.Ok();
    }

    private static bool TrySet(ref Call call, out int created)
    {
        created = 0;
        var args = call.Args;
        if (args.Count % 2 != 0)
        {
            call.FailArity();
            return false;
        }
        var hash = call.EditHash(1);
        if (call.Failed) return false;
        Expect(ref hash, args, 2);
        created = hash.SetAll(args, 2);
        hash.Changed((args.Count - 2) / 2, KeyspaceEvent.HashSet);
        return true;
    }

    /// <summary>Lets a hash become a table before fields are set of which names and values stand from an argument on, if it has to.</summary>
    internal static void Expect(scoped ref HashEdit hash, Arguments args, int first)
    {
        var fields = (args.Count - first) / 2;
        long bytes = 0;
        for (var i = first; i < args.Count; i++) hash.Expect(fields, args[i].Length, bytes += args[i].Length);
    }

    [Command("HSETNX", Summary = "Sets the value of a field in a hash only when the field doesn't exist.", Since = "2.0.0", Complexity = "O(1)",
        Flags = Write | DenyOom | Fast | ElementBehindKey, Keys = "1 RW insert",
        Arguments = "key field value")]
    internal static void SetNew(ref Call call)
    {
        var hash = call.EditHash(1);
        if (call.Failed) return;
        if (LazyFieldExpiry.TryFind(ref call, ref hash, 2, out _))
        {
            call.Reply.Integer(0);
            return;
        }
        Expect(ref hash, call.Args, 2);
        hash.Set(call.Args[2], call.Args[3]);
        call.Reply.Integer(1);
        hash.Changed(1, KeyspaceEvent.HashSet);
    }

    [Command("HGET", Summary = "Returns the value of a field in a hash.", Since = "2.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO access",
        Arguments = "key field")]
    internal static void Get(ref Call call)
    {
        var hash = call.FindHash(1);
        if (call.Failed) return;
        if (LazyFieldExpiry.TryFind(ref call, hash, 2, out var field)) call.Reply.Bulk(field.Value);
        else call.Reply.Null();
    }

    [Command("HMGET", Summary = "Returns the values of all fields in a hash.", Since = "2.0.0",
        Complexity = "O(N) where N is the number of fields being requested.",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO access",
        Arguments = "key field...")]
    internal static void GetMany(ref Call call)
    {
        var hash = call.FindHash(1);
        if (call.Failed) return;
        call.Reply.Array(call.Args.Count - 2);
        int expired = 0, left = 0;
        for (var i = 2; i < call.Args.Count; i++)
        {
            var field = hash.Find(call.Args[i]);
            if (field.Exists && !hash.IsOver(field))
            {
                call.Reply.Bulk(field.Value);
                continue;
            }
            call.Reply.Null();
            if (!field.Exists || !LazyFieldExpiry.Deletes(ref call)) continue;
            var edit = call.EditHash(1);
            edit.DeleteOver(call.Args[i]);
            edit.Changed(0, null);
            // Redis tells nothing of the key's end when its last field was the only one that was over.
            if (edit.DeleteIfEmpty(raises: false)) left = expired;
            else expired++;
            hash = edit.View;
        }
        if (expired == 0) return;
        call.Raise(1, KeyspaceEvent.HashExpired);
        if (left > 0) call.Raise(1, KeyspaceEvent.Delete);
    }

    [Command("HSTRLEN", Summary = "Returns the length of the value of a field.", Since = "3.2.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO",
        Arguments = "key field")]
    internal static void Length(ref Call call)
    {
        var hash = call.FindHash(1);
        if (call.Failed) return;
        Span<byte> text = stackalloc byte[PackedElement.IntegerTextMax];
        call.Reply.Integer(LazyFieldExpiry.TryFind(ref call, hash, 2, out var field) ? field.Value.Text(text).Length : 0);
    }

    [Command("HEXISTS", Summary = "Determines whether a field exists in a hash.", Since = "2.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast | ElementBehindKey, Keys = "1 RO",
        Arguments = "key field")]
    internal static void Exists(ref Call call)
    {
        var hash = call.FindHash(1);
        if (call.Failed) return;
        call.Reply.Integer(LazyFieldExpiry.TryFind(ref call, hash, 2, out _) ? 1 : 0);
    }

    [Command("HLEN", Summary = "Returns the number of fields in a hash.", Since = "2.0.0", Complexity = "O(1)",
        Flags = ReadOnly | Fast, Keys = "1 RO",
        Arguments = "key")]
    internal static void Count(ref Call call)
    {
        var hash = call.FindHash(1);
        if (!call.Failed) call.Reply.Integer(hash.Count);
    }

    [Command("HDEL", Summary = "Deletes one or more fields and their values from a hash. Deletes the hash if no fields remain.", Since = "2.0.0",
        Complexity = "O(N) where N is the number of fields to be removed.",
        Flags = Write | Fast | ElementBehindKey, Keys = "1 RW delete",
        Arguments = "key field...",
        History = [
            "2.4.0: Accepts multiple `field` arguments."])]
    internal static void Delete(ref Call call)
    {
        var hash = call.EditHash(1);
        if (call.Failed) return;
        var deleted = 0;
        for (var i = 2; i < call.Args.Count; i++) deleted += hash.Delete(call.Args[i]) ? 1 : 0;
        call.Reply.Integer(deleted);
        if (deleted == 0) return;
        hash.Changed(deleted, KeyspaceEvent.HashDelete);
        hash.DeleteIfEmpty();
    }
}
