using System.Text;
using Microsoft.Extensions.Logging;
using static Carnelian.CommandFlags;

namespace Carnelian.Tests;

/// <summary>Commands that only tests have: waiting for keys, and time that passes within a call.</summary>
public sealed partial class TestCommands : CommandSet;

[CommandFamily("generic")]
internal static class WaitingCommands
{
    public static CommandTable Table() => new(CommandTableKind.Server, new DataCommands(), new AdministrativeCommands(), new TestCommands());

    [Command("WAITFORKEY", Summary = "Takes the value of the first key that exists, deleting it, or waits for one.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | Blocking, Keys = "1..-2 RW access delete",
        Arguments = "key... timeout-ms:integer")]
    internal static void WaitForKey(ref Call call)
    {
        var last = call.Args.Count - 1;
        if (!call.TryInteger(last, out var timeoutMs)) return;
        var keys = new byte[last - 1][];
        for (var i = 1; i < last; i++)
        {
            keys[i - 1] = call.Args[i].ToArray();
            if (WaitingForKey.Take(ref call, keys[i - 1])) return;
        }
        call.Executor.BlockedClients.Block(new WaitingForKey(call.Session, timeoutMs == 0 ? BlockedCall.NoDeadline : call.MonotonicMs + timeoutMs), call.Database, keys);
    }

    [Command("PUT", Summary = "Sets a key, of which those hear who wait for it.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write, Keys = "1 OW update",
        Arguments = "key value")]
    internal static void Put(ref Call call)
    {
        call.Edit(1).Write(ValueType.String, ValueEncoding.Raw, call.Args[2], EntryView.NoExpiry, KeyspaceEvent.Set);
        call.Reply.Ok();
    }

    [Command("SPEND", Summary = "Lasts so long, in simulated time.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly,
        Arguments = "milliseconds:integer")]
    internal static void Spend(ref Call call)
    {
        if (!call.TryInteger(1, out var milliseconds)) return;
        ((SimulatedWorld)(call.Executor.Services.Get<Server>()).World).Advance(milliseconds);
        call.Reply.Ok();
    }

    [Command("GATE", Summary = "From now on replies to writes wait, the first to this one, as the log says.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write,
        Arguments = "name")]
    internal static void Gate(ref Call call)
    {
        var server = call.Executor.Services.Get<Server>();
        call.Keyspace.Changes.Attach(new AppendOnlyText());
        server.Clients.Outbox.ReleasedOffset = call.Keyspace.Changes.Offset;
        server.Clients.Outbox.IsGated = true;
        call.PropagateAlways();
        server.Log.LogInformation("gated: {Name}", Encoding.ASCII.GetString(call.Args[1]));
        call.Reply.Ok();
    }

    [Command("UNGATE", Summary = "Lets all replies go that wait.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly)]
    internal static void Ungate(ref Call call)
    {
        var server = call.Executor.Services.Get<Server>();
        server.Clients.Outbox.ReleasedOffset = long.MaxValue;
        server.Clients.Outbox.IsGated = false;
        call.Reply.Ok();
    }

    private sealed class WaitingForKey(Session session, long deadlineMs) : BlockedCall(session, deadlineMs)
    {
        public override bool OnReady(ref Call call, ReadOnlySpan<byte> key) => Take(ref call, key);

        public override void OnTimeout(ref Call call) => call.Reply.NullArray();

        public static bool Take(ref Call call, ReadOnlySpan<byte> key)
        {
            var edit = call.Keyspace.Edit(call.Database, call.Keyspace.KeyOf(key));
            if (!edit.Exists) return false;
            call.Reply.Array(2);
            call.Reply.Bulk(key);
            call.Reply.Bulk(edit.View.Value);
            edit.Delete(KeyspaceEvent.Delete);
            return true;
        }
    }
}
