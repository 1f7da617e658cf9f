using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>What clients and tools ask of replication: answered as by a master without replicas, that has never saved.</summary>
[CommandFamily("server")]
internal static class ReplicationCommands
{
    [Command("ROLE", Summary = "Returns the replication role.", Since = "2.8.12", Complexity = "O(1)",
        Flags = NoScript | Loading | Stale | Fast | Sentinel, Categories = "admin dangerous")]
    internal static void Role(ref Call call)
    {
        call.Reply.Array(3);
        call.Reply.Bulk("master"u8);
        call.Reply.Integer(0);
        call.Reply.Array(0);
    }

    [Command("REPLICAOF", Summary = "Configures a server as replica of another, or promotes it to a master.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Admin | NoScript | Stale | NoAsyncLoading,
        Arguments = "(args: (host-port: host port:integer) | (no-one: NO ONE))")]
    [Command("SLAVEOF", Summary = "Sets a Redis server as a replica of another, or promotes it to being a master.", Since = "1.0.0", Complexity = "O(1)",
        Flags = Admin | NoScript | Stale | NoAsyncLoading,
        Arguments = "(args: (host-port: host port:integer) | (no-one: NO ONE))", DeprecatedSince = "5.0.0", ReplacedBy = "`REPLICAOF`")]
    internal static void ReplicaOf(ref Call call)
    {
        if (call.Keyspace.Options.UsesSlots) call.Fail("ERR REPLICAOF not allowed in cluster mode.");
        else if (call.Is(1, "no"u8) && call.Is(2, "one"u8)) call.Reply.Ok();
        else if (!IntegerText.TryParse(call.Args[2], out var port) || port is < 0 or > 65535) call.Fail("ERR Invalid master port");
        else call.Fail("ERR REPLICAOF is not there yet");
    }

    [Command("WAIT", Summary = "Blocks until the asynchronous replication of all preceding write commands sent by the connection is completed.",
        Since = "3.0.0", Complexity = "O(1)", Group = "generic",
        Flags = Blocking, Categories = "connection",
        Arguments = "numreplicas:integer timeout:integer",
        Tips = "request_policy:all_shards response_policy:agg_min")]
    internal static void Wait(ref Call call)
    {
        if (!call.TryInteger(1, out var replicas) || !BlockingTimeout.TryReadMilliseconds(ref call, 2, out var deadlineMs)) return;
        if (replicas <= 0 || !call.MayBlock) call.Reply.Integer(0);
        else call.Executor.BlockedClients.Wait(new WaitForNobody(call.Session, deadlineMs, static (ref call) => call.Reply.Integer(0)));
    }

    /// <summary>Waits for replicas, of which there are none: until the time is over.</summary>
    private sealed class WaitForNobody(Session session, long deadlineMs, CommandHandler answer) : BlockedCall(session, deadlineMs)
    {
        public override bool CanBeUnblocked => true;

        protected override void AnswerTimeout(ref Call call) => answer(ref call);
    }
}
