using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>Commands that give a key another name or another database.</summary>
[CommandFamily("generic")]
internal static class KeyTransferCommands
{
    [Command("RENAME", Summary = "Renames a key and overwrites the destination.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write, Keys = "1 RW access delete; 2 OW update",
        Arguments = "key newkey:key")]
    internal static void Rename(ref Call call)
    {
        if (TryRename(ref call, replace: true)) call.Reply.Ok();
    }

    [Command("RENAMENX", Summary = "Renames a key only when the target key name doesn't exist.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW access delete; 2 OW insert",
        Arguments = "key newkey:key",
        History = [
            "3.2.0: The command no longer returns an error when source and destination names are the same."])]
    internal static void RenameIfMissing(ref Call call)
    {
        var renamed = TryRename(ref call, replace: false);
        if (!call.Failed) call.Reply.Integer(renamed ? 1 : 0);
    }

    /// <summary>Renaming a key to its own name changes nothing, but the key must exist.</summary>
    private static bool TryRename(ref Call call, bool replace)
    {
        var isSame = call.Args[1].SequenceEqual(call.Args[2]);
        var result = !isSame
            ? call.Keyspace.Move(call.Database, call.Key(1), call.Database, call.Key(2), replace, KeyspaceEvent.RenameFrom, KeyspaceEvent.RenameTo)
            : !call.Edit(1).Exists ? TransferResult.Missing : replace ? TransferResult.Done : TransferResult.Occupied;
        if (result == TransferResult.Missing) call.Fail("ERR no such key");
        return result == TransferResult.Done;
    }

    [Command("MOVE", Summary = "Moves a key to another database.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | Fast, Keys = "1 RW access update",
        Arguments = "key db:integer")]
    internal static void Move(ref Call call)
    {
        if (call.FailsInCluster() || !call.TryDatabase(2, out var target)) return;
        if (target == call.Database)
        {
            call.FailSameObject();
            return;
        }
        var result = call.Keyspace.Move(call.Database, call.Key(1), target, call.Key(1), replace: false, KeyspaceEvent.MoveFrom, KeyspaceEvent.MoveTo);
        call.Reply.Integer(result == TransferResult.Done ? 1 : 0);
    }

    [Command("COPY", Summary = "Copies the value of a key to a new key.", Since = "6.2.0",
        Complexity = "O(N) worst case for collections, where N is the number of nested items. O(1) for string values.",
        Flags = Write | DenyOom, Keys = "1 RO access; 2 OW update",
        Arguments = "source:key destination:key [DB destination-db:integer] [REPLACE]")]
    internal static void Copy(ref Call call)
    {
        var replace = false;
        var target = call.Database;
        var options = new OptionReader(call.Args, 3);
        while (options.Next())
        {
            if (options.Is("replace"u8)) replace = true;
            else if (!options.Takes("db"u8, out var argument)) options.FailSyntax();
            else if (!call.TryDatabase(argument, out target)) return;
        }
        if (!options.Ends(ref call)) return;
        if (target == call.Database && call.Args[1].SequenceEqual(call.Args[2]))
        {
            call.FailSameObject();
            return;
        }
        var result = call.Keyspace.Copy(call.Database, call.Key(1), target, call.Key(2), replace);
        call.Reply.Integer(result == TransferResult.Done ? 1 : 0);
    }

    [Command("SWAPDB", Summary = "Swaps two Redis databases.", Since = "4.0.0",
        Complexity = "O(N) where N is the count of clients watching or blocking on keys from both databases.",
        Group = "server", Flags = Write | Fast, Categories = "keyspace dangerous",
        Arguments = "index1:integer index2:integer")]
    internal static void SwapDatabases(ref Call call)
    {
        if (call.FailsInCluster()) return;
        if (!call.TryInt(1, out var one, "ERR invalid first DB index") || !call.TryInt(2, out var other, "ERR invalid second DB index")) return;
        var databases = call.Keyspace.Databases;
        if ((uint)one >= (uint)databases.Length || (uint)other >= (uint)databases.Length)
        {
            call.FailDatabaseIndex();
            return;
        }
        call.Keyspace.Swap(databases[one], databases[other]);
        call.Reply.Ok();
    }
}
