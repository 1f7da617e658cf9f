using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>OBJECT and its subcommands.</summary>
[Command("OBJECT", Summary = "A container for object introspection commands.", Since = "2.2.3", Complexity = "Depends on subcommand.")]
[CommandFamily("generic")]
internal static class ObjectCommands
{
    [Command("OBJECT ENCODING", Summary = "Returns the internal encoding of a Redis object.", Since = "2.2.3", Complexity = "O(1)",
        Flags = ReadOnly, Keys = "2 RO",
        Arguments = "key",
        Tips = "nondeterministic_output")]
    internal static void Encoding(ref Call call)
    {
        if (TryKey(ref call, out var view)) call.Reply.Bulk(ObjectTerms.EncodingName(view.Encoding));
    }

    [Command("OBJECT FREQ", Summary = "Returns the logarithmic access frequency counter of a Redis object.", Since = "4.0.0", Complexity = "O(1)",
        Flags = ReadOnly, Keys = "2 RO",
        Arguments = "key",
        Tips = "nondeterministic_output")]
    internal static void Frequency(ref Call call)
    {
        if (!TryKey(ref call, out var view)) return;
        if (call.Keyspace.Access.CountsUses) call.Reply.Integer(call.Keyspace.Access.Frequency(view));
        else call.Fail($"ERR An LFU maxmemory policy is not selected, access frequency not tracked. {SwitchingNote}");
    }

    [Command("OBJECT IDLETIME", Summary = "Returns the time since the last access to a Redis object.", Since = "2.2.3", Complexity = "O(1)",
        Flags = ReadOnly, Keys = "2 RO",
        Arguments = "key",
        Tips = "nondeterministic_output")]
    internal static void IdleTime(ref Call call)
    {
        if (!TryKey(ref call, out var view)) return;
        if (!call.Keyspace.Access.CountsUses) call.Reply.Integer(call.Keyspace.Access.IdleMs(view) / 1000);
        else call.Fail($"ERR An LFU maxmemory policy is selected, idle time not tracked. {SwitchingNote}");
    }

    private const string SwitchingNote =
        "Please note that when switching between policies at runtime LRU and LFU data will take some time to adjust.";

    [Command("OBJECT REFCOUNT", Summary = "Returns the reference count of a value of a key.", Since = "2.2.3", Complexity = "O(1)",
        Flags = ReadOnly, Keys = "2 RO",
        Arguments = "key",
        Tips = "nondeterministic_output")]
    internal static void ReferenceCount(ref Call call)
    {
        if (TryKey(ref call, out var view)) call.Reply.Integer(ObjectTerms.References(view, call.Keyspace.Options));
    }

    [Command("OBJECT HELP", Summary = "Returns helpful text about the different subcommands.", Since = "6.2.0", Complexity = "O(1)",
        Flags = Loading | Stale)]
    internal static void Help(ref Call call) => CommandReplies.WriteHelp(
        ref call,
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.");

    /// <summary>The key, looked at without a trace; otherwise null has been answered.</summary>
    private static bool TryKey(ref Call call, out EntryView view)
    {
        view = call.Find(2, LookupFlags.NoTouch | LookupFlags.NoNotify);
        if (!view.Exists) call.Reply.Null();
        return view.Exists;
    }
}
