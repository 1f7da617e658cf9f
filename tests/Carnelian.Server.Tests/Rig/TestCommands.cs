using System.Text;
using Microsoft.Extensions.Logging;
using static Carnelian.CommandFlags;

namespace Carnelian.Tests;

/// <summary>Commands that only tests have: waiting for keys, and time that passes within a call.</summary>
public sealed partial class TestCommands : CommandSet;

[CommandFamily("generic")]
internal static class WaitingCommands
{
    public static CommandTable Table() => new(CommandTableKind.Server, new DataCommands(), new PersistenceCommands(), new AdministrativeCommands(), new TestCommands());

    [Command("WAITFORKEY", Summary = "Takes the value of the first key that exists, deleting it, or waits for one.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Write | Blocking, Keys = "1..-2 RW access delete",
        Arguments = "key... timeout-ms:integer")]
    internal static void WaitForKey(ref Call call)
    {
        var last = call.Args.Count - 1;
        if (!call.TryInteger(last, out var timeoutMs)) return;
        for (var i = 1; i < last; i++)
        {
            var edit = call.Edit(i);
            if (!edit.Exists) continue;
            call.Reply.Array(2);
            call.Reply.Bulk(call.Args[i]);
            call.Reply.Bulk(edit.View.Value);
            edit.Delete(KeyspaceEvent.Delete);
            return;
        }
        call.WaitForKeys(1, last, ValueType.String, timeoutMs == 0 ? BlockedCall.NoDeadline : call.MonotonicMs + timeoutMs,
            static (ref call) => call.Reply.NullArray());
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

    [Command("WITHIN", Summary = "Runs requests within its own call.", Since = "1.0.0", Complexity = "O(N)",
        Flags = Write,
        Arguments = "[request:string...]")]
    internal static void Within(ref Call call)
    {
        var args = call.Args;
        call.Reply.Array(CountWithin(args));
        var inner = new Call(ref call, call.Session, call.Session.Replies);
        for (var at = 1; at < args.Count; at += LengthAt(args, at))
        {
            // The length stands before each.
            var request = args.Slice(at + 1, LengthAt(args, at) - 1);
            inner.Begin(request, call.Commands.Find(request));
            call.Executor.Run(ref inner);
        }
        inner.Reply.Flush();
    }

    private static int LengthAt(Arguments args, int at) => 1 + int.Parse(Encoding.ASCII.GetString(args[at]));

    private static int CountWithin(Arguments args)
    {
        var count = 0;
        for (var at = 1; at < args.Count; at += LengthAt(args, at)) count++;
        return count;
    }

    [Command("REPEAT", Summary = "Runs a request so many times within its own call, and shows the first reply.", Since = "1.0.0", Complexity = "O(N)",
        Flags = Write,
        Arguments = "times:integer argument:string...")]
    internal static void Repeat(ref Call call)
    {
        if (!call.TryInteger(1, out var times)) return;
        var request = call.Args.Slice(2);
        var inner = new Call(ref call, call.Session, Nowhere.Sink);
        for (; times > 0; times--)
        {
            inner.Begin(request, call.Commands.Find(request));
            call.Executor.Run(ref inner);
        }
        call.Reply.Ok();
    }

    [Command("BYSCRIPT", Summary = "Runs a request in a session of its own, as a script does.", Since = "1.0.0", Complexity = "O(1)",
        Flags = NoScript | SkipMonitor | MayReplicate,
        Arguments = "argument:string...")]
    internal static void ByScript(ref Call call)
    {
        var request = call.Args.Slice(1);
        var inner = new Call(ref call, new ScriptSession(call.Database), Nowhere.Sink);
        inner.Begin(request, call.Commands.Find(request));
        call.Executor.Run(ref inner);
        call.Reply.Ok();
    }

    private sealed class ScriptSession(Database database) : Session(database, -1)
    {
        public override string Address => "?:0";

        public override ReplySink Replies => Nowhere.Sink;
    }

    [Command("TURNINSIDE", Summary = "Changes a key, turns the loop so often within its call, changes the key again.", Since = "1.0.0", Complexity = "O(N)",
        Flags = Write, Keys = "1 OW update",
        Arguments = "key turns:integer")]
    internal static void TurnInside(ref Call call)
    {
        if (!call.TryInteger(2, out var turns)) return;
        Write(ref call, "begun"u8);
        for (; turns > 0; turns--)
        {
            ((SimulatedWorld)call.Executor.Services.Get<Server>().World).Advance(1);
            call.Executor.TurnInside(ref call);
        }
        Write(ref call, "ended"u8);
        call.Reply.Bulk("done"u8);

        static void Write(ref Call call, ReadOnlySpan<byte> value)
        {
            call.Edit(1).Write(ValueType.String, ValueEncoding.Raw, value, EntryView.NoExpiry, KeyspaceEvent.Set);
            if (call.HasListeners) call.BeginEffect("SET"u8, 1).Append(value);
        }
    }

    [Command("SCRATCH", Summary = "Uses the list of keys that a call may borrow across a call within.", Since = "1.0.0", Complexity = "O(1)",
        Flags = ReadOnly, Keys = "1 RO",
        Arguments = "key argument:string...")]
    internal static void Scratch(ref Call call)
    {
        var found = call.Executor.BorrowFound();
        found.Add(call.Find(1));
        var inner = new Call(ref call, call.Session, Nowhere.Sink);
        var request = call.Args.Slice(2);
        inner.Begin(request, call.Commands.Find(request));
        call.Executor.Run(ref inner);
        call.Reply.Bulk(found[0].Value);
    }

    private sealed class Nowhere : ReplySink
    {
        private readonly byte[] _room = new byte[1 << 21];

        public static Nowhere Sink => new();

        public override Span<byte> Reserve(int bytes) => _room;

        public override void Commit(int bytes) { }
    }
}
