using static Carnelian.CommandFlags;

namespace Carnelian.Tests;

/// <summary>
/// Commands that are still to come, for the kinds of declaration that those which are there do not have, and some of floors above,
/// as eng/declare-commands.py --stubs printed them from Redis 8.0.6. They declare only: the handlers do nothing.
/// </summary>
public sealed partial class FutureCommands : CommandSet;

[CommandFamily("scripting")]
internal static class ScriptingStubs
{
    [Command("EVAL", Summary = "Executes a server-side Lua script.", Since = "2.6.0", Complexity = "Depends on the script that is executed.",
        Flags = NoScript | Stale | SkipMonitor | NoMandatoryKeys | MayReplicate,
        Keys = "2# RW access update (We cannot tell how the keys will be used so we assume the worst, RW and UPDATE)",
        Arguments = "script numkeys:integer [key...] [arg...]")]
    internal static void Eval(ref Call call) { }
}

[Command("CONFIG", Summary = "A container for server configuration commands.", Since = "2.0.0", Complexity = "Depends on subcommand.")]
[CommandFamily("server")]
internal static class ServerStubs
{
    [Command("CONFIG GET", Summary = "Returns the effective values of configuration parameters.", Since = "2.0.0",
        Complexity = "O(N) when N is the number of configuration parameters provided",
        Flags = Admin | NoScript | Loading | Stale,
        Arguments = "parameter...",
        History = [
            "7.0.0: Added the ability to pass multiple pattern parameters in one call"])]
    internal static void ConfigGet(ref Call call) { }

    [Command("REPLCONF", Summary = "An internal command for configuring the replication stream.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | NoScript | Loading | Stale | AllowBusy, Arity = -1, System = true)]
    internal static void Replconf(ref Call call) { }

    [Command("PSYNC", Summary = "An internal command used in replication.", Since = "2.8.0",
        Flags = Admin | NoScript | NoAsyncLoading | NoMulti,
        Arguments = "replicationid offset:integer", Arity = -3)]
    internal static void Psync(ref Call call) { }
}

[Command("CLIENT", Summary = "A container for client connection commands.", Since = "2.4.0", Complexity = "Depends on subcommand.",
    Flags = Sentinel)]
[CommandFamily("connection")]
internal static class ConnectionStubs
{
    [Command("CLIENT KILL", Summary = "Terminates open connections.", Since = "2.4.0", Complexity = "O(N) where N is the number of client connections",
        Flags = Admin | NoScript | Loading | Stale | Sentinel,
        Arguments = "(filter: old-format='ip:port'!2.8.12 | (new-format: [ID client-id:integer@2.8.12] | [TYPE client-type@2.8.12: NORMAL | MASTER@3.2.0 | "
            + "SLAVE | REPLICA@5.0.0 | PUBSUB] | [USER username] | [ADDR addr='ip:port'] | [LADDR laddr='ip:port'@6.2.0] | [SKIPME skipme: YES | NO] "
            + "| [MAXAGE maxage:integer@7.4.0])...)",
        Arity = -3,
        History = [
            "2.8.12: Added new filter format.",
            "2.8.12: `ID` option.",
            "3.2.0: Added `master` type in for `TYPE` option.",
            "5.0.0: Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility.",
            "6.2.0: `LADDR` option.",
            "7.4.0: `MAXAGE` option."])]
    internal static void ClientKill(ref Call call) { }
}

[CommandFamily("pubsub")]
internal static class PubsubStubs
{
    [Command("SPUBLISH", Summary = "Post a message to a shard channel", Since = "7.0.0",
        Complexity = "O(N) where N is the number of clients subscribed to the receiving shard channel.",
        Flags = PubSub | Loading | Stale | Fast | MayReplicate, Keys = "1 not_key",
        Arguments = "shardchannel message")]
    internal static void Spublish(ref Call call) { }
}

[CommandFamily("module")]
internal static class ModuleStubs
{
    [Command("VADD", Module = "vectorset",
        Flags = Write | DenyOom, Keys = "1 RW access update", Arity = -1)]
    internal static void Vadd(ref Call call) { }
}
