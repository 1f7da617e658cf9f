using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>What clients and tools ask of a cluster: they ask at every start, and are told that there is none.</summary>
[CommandFamily("cluster")]
[Command("CLUSTER", Summary = "A container for Redis Cluster commands.", Since = "3.0.0", Complexity = "Depends on subcommand.")]
internal static class ClusterCommands
{
    [Command("CLUSTER ADDSLOTS", Summary = "Assigns new hash slots to a node.", Since = "3.0.0",
        Complexity = "O(N) where N is the total number of hash slot arguments",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "slot:integer...")]

    [Command("CLUSTER ADDSLOTSRANGE", Summary = "Assigns new hash slot ranges to a node.", Since = "7.0.0",
        Complexity = "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "(range: start-slot:integer end-slot:integer)...")]

    [Command("CLUSTER BUMPEPOCH", Summary = "Advances the cluster config epoch.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | Stale | NoAsyncLoading,
        Tips = "nondeterministic_output")]

    [Command("CLUSTER COUNT-FAILURE-REPORTS", Summary = "Returns the number of active failure reports active for a node.", Since = "3.0.0",
        Complexity = "O(N) where N is the number of failure reports",
        Flags = Admin | Stale,
        Arguments = "node-id",
        Tips = "nondeterministic_output")]

    [Command("CLUSTER COUNTKEYSINSLOT", Summary = "Returns the number of keys in a hash slot.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Stale,
        Arguments = "slot:integer")]

    [Command("CLUSTER DELSLOTS", Summary = "Sets hash slots as unbound for a node.", Since = "3.0.0",
        Complexity = "O(N) where N is the total number of hash slot arguments",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "slot:integer...")]

    [Command("CLUSTER DELSLOTSRANGE", Summary = "Sets hash slot ranges as unbound for a node.", Since = "7.0.0",
        Complexity = "O(N) where N is the total number of the slots between the start slot and end slot arguments.",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "(range: start-slot:integer end-slot:integer)...")]

    [Command("CLUSTER FAILOVER", Summary = "Forces a replica to perform a manual failover of its master.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "[options: FORCE | TAKEOVER]")]

    [Command("CLUSTER FLUSHSLOTS", Summary = "Deletes all slots information from a node.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | Stale | NoAsyncLoading)]

    [Command("CLUSTER FORGET", Summary = "Removes a node from the nodes table.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "node-id")]

    [Command("CLUSTER GETKEYSINSLOT", Summary = "Returns the key names in a hash slot.", Since = "3.0.0",
        Complexity = "O(N) where N is the number of requested keys",
        Flags = Stale,
        Arguments = "slot:integer count:integer",
        Tips = "nondeterministic_output")]

    [Command("CLUSTER HELP", Summary = "Returns helpful text about the different subcommands.", Since = "5.0.0", Complexity = "O(1)",
        Flags = Loading | Stale)]

    [Command("CLUSTER INFO", Summary = "Returns information about the state of a node.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Stale,
        Tips = "nondeterministic_output")]

    [Command("CLUSTER KEYSLOT", Summary = "Returns the hash slot for a key.", Since = "3.0.0",
        Complexity = "O(N) where N is the number of bytes in the key",
        Flags = Stale,
        Arguments = "key:string")]

    [Command("CLUSTER LINKS", Summary = "Returns a list of all TCP links to and from peer nodes.", Since = "7.0.0",
        Complexity = "O(N) where N is the total number of Cluster nodes",
        Flags = Stale,
        Tips = "nondeterministic_output")]

    [Command("CLUSTER MEET", Summary = "Forces a node to handshake with another node.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "ip port:integer [cluster-bus-port:integer@4.0.0]",
        History = [
            "4.0.0: Added the optional `cluster_bus_port` argument."])]

    [Command("CLUSTER MYID", Summary = "Returns the ID of a node.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Stale)]

    [Command("CLUSTER MYSHARDID", Summary = "Returns the shard ID of a node.", Since = "7.2.0", Complexity = "O(1)",
        Flags = Stale,
        Tips = "nondeterministic_output")]

    [Command("CLUSTER NODES", Summary = "Returns the cluster configuration for a node.", Since = "3.0.0",
        Complexity = "O(N) where N is the total number of Cluster nodes",
        Flags = Stale,
        Tips = "nondeterministic_output")]

    [Command("CLUSTER REPLICAS", Summary = "Lists the replica nodes of a master node.", Since = "5.0.0",
        Complexity = "O(N) where N is the number of replicas.",
        Flags = Admin | Stale,
        Arguments = "node-id",
        Tips = "nondeterministic_output")]

    [Command("CLUSTER REPLICATE", Summary = "Configure a node as replica of a master node.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "node-id")]

    [Command("CLUSTER RESET", Summary = "Resets a node.", Since = "3.0.0",
        Complexity = "O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.",
        Flags = Admin | NoScript | Stale,
        Arguments = "[reset-type: HARD | SOFT]")]

    [Command("CLUSTER SAVECONFIG", Summary = "Forces a node to save the cluster configuration to disk.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | Stale | NoAsyncLoading)]

    [Command("CLUSTER SET-CONFIG-EPOCH", Summary = "Sets the configuration epoch for a new node.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "config-epoch:integer")]

    [Command("CLUSTER SETSLOT", Summary = "Binds a hash slot to a node.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Admin | Stale | NoAsyncLoading,
        Arguments = "slot:integer (subcommand: IMPORTING importing='node-id' | MIGRATING migrating='node-id' | NODE node='node-id' | STABLE)")]

    [Command("CLUSTER SHARDS", Summary = "Returns the mapping of cluster slots to shards.", Since = "7.0.0",
        Complexity = "O(N) where N is the total number of cluster nodes",
        Flags = Loading | Stale,
        Tips = "nondeterministic_output")]

    [Command("CLUSTER SLAVES", Summary = "Lists the replica nodes of a master node.", Since = "3.0.0",
        Complexity = "O(N) where N is the number of replicas.",
        Flags = Admin | Stale,
        Arguments = "node-id",
        Tips = "nondeterministic_output", DeprecatedSince = "5.0.0", ReplacedBy = "`CLUSTER REPLICAS`")]

    [Command("CLUSTER SLOTS", Summary = "Returns the mapping of cluster slots to nodes.", Since = "3.0.0",
        Complexity = "O(N) where N is the total number of Cluster nodes",
        Flags = Loading | Stale,
        Tips = "nondeterministic_output",
        History = [
            "4.0.0: Added node IDs.",
            "7.0.0: Added additional networking metadata field."],
        DeprecatedSince = "7.0.0", ReplacedBy = "`CLUSTER SHARDS`")]

    [Command("READONLY", Summary = "Enables read-only queries for a connection to a Redis Cluster replica node.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Loading | Stale | Fast, Categories = "connection")]

    [Command("READWRITE", Summary = "Enables read-write queries for a connection to a Reids Cluster replica node.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Loading | Stale | Fast, Categories = "connection")]

    [Command("ASKING", Summary = "Signals that a cluster client is following an -ASK redirect.", Since = "3.0.0", Complexity = "O(1)",
        Flags = Fast, Categories = "connection")]
    internal static void Refuse(ref Call call) => call.Fail(
        call.Keyspace.Options.UsesSlots ? $"ERR {call.Command.FullName.Replace('|', ' ').ToUpperInvariant()} is not there yet" : "ERR This instance has cluster support disabled");
}
