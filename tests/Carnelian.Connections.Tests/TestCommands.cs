using System.Text;
using static Carnelian.CommandFlags;

namespace Carnelian.Tests;

/// <summary>Commands whose replies and messages tell up to which offset of the change log they may be believed.</summary>
public sealed partial class TestCommands : CommandSet;

[CommandFamily("generic")]
internal static class OffsetCommands
{
    [Command("CHANGE", Summary = "Sets a key. Answers the offset behind its change.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write, Keys = "1 OW update",
        Arguments = "key effects:integer")]
    internal static void Change(ref Call call)
    {
        if (!call.TryInteger(2, out var effects)) return;
        call.Edit(1).Write(ValueType.String, ValueEncoding.Raw, "x"u8, EntryView.NoExpiry, KeyspaceEvent.Set);
        for (var i = 0; i < effects && call.HasListeners; i++) call.BeginEffect("SET"u8, 1).Append("x"u8);
        call.Reply.Integer(call.Keyspace.Changes.Offset);
    }

    [Command("LOOK", Summary = "Answers the offset of all changes that it can see.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly)]
    internal static void Look(ref Call call) => call.Reply.Integer(call.Keyspace.Changes.Offset);

    [Command("TELL", Summary = "Changes a key twice and tells everybody, in the midst of that.", Since = "1.0.0", Complexity = "O(N)",
        Flags = Write, Keys = "1 OW update",
        Arguments = "key")]
    internal static void Tell(ref Call call)
    {
        call.Edit(1).Write(ValueType.String, ValueEncoding.Raw, "x"u8, EntryView.NoExpiry, KeyspaceEvent.Set);
        if (call.HasListeners) call.BeginEffect("SET"u8, 1).Append("x"u8);
        // There is one more to come: the unit is not over.
        var host = call.Executor.Services.Get<TestHost>();
        var message = host.OutputChunks.Share(Encoding.ASCII.GetBytes($">1\r\n:{call.Keyspace.Changes.Offset + (call.HasListeners ? 1 : 0)}\r\n"));
        foreach (var session in host.Sessions) session.Push(message);
        message.Release();
        if (call.HasListeners) call.BeginEffect("SET"u8, 1).Append("y"u8);
        call.Reply.Integer(call.Keyspace.Changes.Offset);
    }

    [Command("TAKE", Summary = "Deletes a key, or waits for it. Answers the offset behind its change.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | Blocking, Keys = "1 RW access delete",
        Arguments = "key")]
    internal static void Take(ref Call call)
    {
        if (!Waiting.TryTake(ref call, call.Args[1])) call.Executor.BlockedClients.Block(new Waiting(call.Session), call.Database, call.Args[1].ToArray());
    }

    private sealed class Waiting(Session session) : BlockedCall(session, NoDeadline)
    {
        public override bool OnReady(ref Call call, ReadOnlySpan<byte> key) => TryTake(ref call, key);

        public override void OnTimeout(ref Call call) => call.Reply.Null();

        public static bool TryTake(ref Call call, ReadOnlySpan<byte> key)
        {
            var edit = call.Keyspace.Edit(call.Database, call.Keyspace.KeyOf(key));
            if (!edit.Exists) return false;
            edit.Delete(KeyspaceEvent.Delete);
            if (call.HasListeners) call.BeginEffect(2).Append("DEL"u8).Append(key);
            call.Reply.Integer(call.Keyspace.Changes.Offset);
            return true;
        }
    }
}
