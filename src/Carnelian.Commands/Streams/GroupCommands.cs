using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>XGROUP and its subcommands.</summary>
[Command("XGROUP", Summary = "A container for consumer groups commands.", Since = "5.0.0", Complexity = "Depends on subcommand.")]
[CommandFamily("stream")]
internal static class GroupCommands
{
    private const int KeyAt = 2, GroupAt = 3, IdAt = 4, ConsumerAt = 4;

    [Command("XGROUP CREATE", Summary = "Creates a consumer group.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Write | DenyOom, Keys = "2 RW insert",
        Arguments = "key group (id-selector: id | new-id:'$') [MKSTREAM] [ENTRIESREAD entriesread='entries-read':integer]",
        History = [
            "7.0.0: Added the `entries_read` named argument."])]
    internal static void Create(ref Call call)
    {
        if (!TryReadOptions(ref call, out var makesStream, out var entriesRead) || !call.TryEditStream(KeyAt, out var stream)) return;
        if (!makesStream && FailsWithoutStream(ref call, stream)) return;
        if (call.Args.Count > 8)
        {
            call.FailUnknownSubcommand(1);
            return;
        }
        if (!TryReadId(ref call, stream, out var id)) return;
        if (!stream.Exists)
        {
            stream.Create();
            stream.Announce(0, null);
        }
        if (stream.View.FindGroup(call.Args[GroupAt]).Exists)
        {
            call.Fail("BUSYGROUP Consumer Group name already exists");
            return;
        }
        stream.AddGroup(call.Args[GroupAt], id, entriesRead);
        stream.AnnounceOfGroup(1, KeyspaceEvent.GroupCreate);
        call.Reply.Ok();
    }

    [Command("XGROUP SETID", Summary = "Sets the last-delivered ID of a consumer group.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Write, Keys = "2 RW update",
        Arguments = "key group (id-selector: id | new-id:'$') [ENTRIESREAD entriesread='entries-read':integer]",
        History = [
            "7.0.0: Added the optional `entries_read` argument."])]
    internal static void SetId(ref Call call)
    {
        if (!TryReadOptions(ref call, out _, out var entriesRead) || !TryFind(ref call, out var stream)) return;
        if (call.Args.Count is not (5 or 7))
        {
            call.FailUnknownSubcommand(1);
            return;
        }
        if (!TryReadId(ref call, stream, out var id, takesEnds: true)) return;
        stream.EditGroup(call.Args[GroupAt]).SetPosition(id, entriesRead);
        stream.AnnounceOfGroup(1, KeyspaceEvent.GroupSetId);
        call.Reply.Ok();
    }

    /// <summary>The options behind the ID; otherwise the call has failed.</summary>
    private static bool TryReadOptions(ref Call call, out bool makesStream, out long entriesRead)
    {
        makesStream = false;
        entriesRead = ConsumerGroup.Unknown;
        var isCreate = call.Is(1, "create"u8);
        for (var i = IdAt + 1; i < call.Args.Count; i++)
        {
            if (isCreate && call.Is(i, "mkstream"u8)) makesStream = true;
            else if (i + 1 < call.Args.Count && call.Is(i, "entriesread"u8))
            {
                if (!call.TryInteger(++i, out entriesRead)) return false;
                if (entriesRead < ConsumerGroup.Unknown) call.Fail("ERR value for ENTRIESREAD must be positive or -1");
            }
            else call.FailUnknownSubcommand(1);
            if (call.Failed) return false;
        }
        return true;
    }

    /// <param name="takesEnds">As in Redis, "-" and "+" stand for the least and the greatest ID.</param>
    private static bool TryReadId(ref Call call, scoped StreamEdit stream, out StreamId id, bool takesEnds = false)
    {
        id = stream.View.LastId;
        var text = ByteText.UpToNul(call.Args[IdAt]);
        if (text.SequenceEqual("$"u8)) return true;
        var isEnd = takesEnds && (text.SequenceEqual("-"u8) || text.SequenceEqual("+"u8));
        return isEnd ? StreamIdText.TryReadBound(ref call, IdAt, out id, isStart: true) : StreamIdText.TryRead(ref call, IdAt, out id);
    }

    private static bool FailsWithoutStream(ref Call call, scoped StreamEdit stream)
    {
        if (stream.Exists) return false;
        call.Fail("ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty "
            + "stream automatically.");
        return true;
    }

    /// <summary>The stream of a group that exists; otherwise the call has failed.</summary>
    private static bool TryFind(ref Call call, out StreamEdit stream)
    {
        if (!call.TryEditStream(KeyAt, out stream) || FailsWithoutStream(ref call, stream)) return false;
        if (!stream.View.FindGroup(call.Args[GroupAt]).Exists) GroupErrors.FailNoGroup(ref call, GroupAt, KeyAt);
        return !call.Failed;
    }

    [Command("XGROUP DESTROY", Summary = "Destroys a consumer group.", Since = "5.0.0",
        Complexity = "O(N) where N is the number of entries in the group's pending entries list (PEL).",
        Flags = Write, Keys = "2 RW delete",
        Arguments = "key group")]
    internal static void Destroy(ref Call call)
    {
        if (!call.TryEditStream(KeyAt, out var stream) || FailsWithoutStream(ref call, stream)) return;
        var exists = stream.View.FindGroup(call.Args[GroupAt]).Exists;
        call.Reply.Integer(exists ? 1 : 0);
        if (!exists) return;
        stream.RemoveGroup(call.Args[GroupAt]);
        stream.AnnounceOfGroup(1, KeyspaceEvent.GroupDestroy);
        // Those who wait for the group are to hear that it is gone.
        stream.Wake();
    }

    [Command("XGROUP CREATECONSUMER", Summary = "Creates a consumer in a consumer group.", Since = "6.2.0", Complexity = "O(1)",
        Flags = Write | DenyOom, Keys = "2 RW insert",
        Arguments = "key group consumer")]
    internal static void CreateConsumer(ref Call call)
    {
        if (!TryFind(ref call, out var stream)) return;
        var exists = stream.View.FindGroup(call.Args[GroupAt]).FindConsumer(call.Args[ConsumerAt]).Exists;
        call.Reply.Integer(exists ? 0 : 1);
        if (!exists) AddConsumer(ref call, stream, stream.EditGroup(call.Args[GroupAt]), ConsumerAt);
    }

    public static StreamConsumer AddConsumer(ref Call call, scoped StreamEdit stream, ConsumerGroupEdit group, int argument)
    {
        var consumer = group.AddConsumer(call.Args[argument], call.NowMs);
        stream.AnnounceOfGroup(1, KeyspaceEvent.GroupCreateConsumer);
        return consumer;
    }

    [Command("XGROUP DELCONSUMER", Summary = "Deletes a consumer from a consumer group.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Write, Keys = "2 RW delete",
        Arguments = "key group consumer")]
    internal static void DeleteConsumer(ref Call call)
    {
        if (!TryFind(ref call, out var stream)) return;
        var consumer = stream.View.FindGroup(call.Args[GroupAt]).FindConsumer(call.Args[ConsumerAt]);
        call.Reply.Integer(consumer.Exists ? consumer.PendingCount : 0);
        if (!consumer.Exists) return;
        stream.EditGroup(call.Args[GroupAt]).RemoveConsumer(consumer);
        stream.AnnounceOfGroup(1, KeyspaceEvent.GroupDeleteConsumer);
    }

    [Command("XGROUP HELP", Summary = "Returns helpful text about the different subcommands.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:",
        "    * MKSTREAM",
        "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.",
        "DESTROY <key> <groupname>",
        "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.");
}

/// <summary>What is answered where a group is missing.</summary>
internal static class GroupErrors
{
    public static void FailNoGroup(ref Call call, int group, int key) =>
        call.Fail($"NOGROUP No such consumer group '{call.Shown(group, int.MaxValue)}' for key name '{call.Shown(key, int.MaxValue)}'");

    /// <summary>As <see cref="FailNoGroup"/>, of a key that may be missing too.</summary>
    public static void FailNoKeyOrGroup(ref Call call, int key, int group, string more = "") =>
        call.Fail($"NOGROUP No such key '{call.Shown(key, int.MaxValue)}' or consumer group '{call.Shown(group, int.MaxValue)}'{more}");
}
