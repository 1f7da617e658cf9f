namespace Carnelian;

/// <summary>
/// What the executor and its gates must know of a command. Names and order are those of COMMAND INFO; the flags
/// after <see cref="AllowBusy"/> are not shown to clients.
/// </summary>
[Flags]
public enum CommandFlags : uint
{
    None = 0,

    /// <summary>May change the keyspace; refused by read-only replicas and, with <see cref="DenyOom"/>, without memory.</summary>
    Write = 1 << 0,
    ReadOnly = 1 << 1,

    /// <summary>May need more memory: refused when `maxmemory` is reached and eviction does not help.</summary>
    DenyOom = 1 << 2,

    /// <summary>Set for commands with a module's name, which have no implied ACL categories.</summary>
    Module = 1 << 3,
    Admin = 1 << 4,
    PubSub = 1 << 5,
    NoScript = 1 << 6,
    Blocking = 1 << 7,

    /// <summary>Allowed while a data file is being loaded.</summary>
    Loading = 1 << 8,

    /// <summary>Allowed on a replica that has lost its master and is not to serve stale data.</summary>
    Stale = 1 << 9,
    SkipMonitor = 1 << 10,
    SkipSlowLog = 1 << 11,

    /// <summary>In a cluster, runs as if ASKING had been sent.</summary>
    Asking = 1 << 12,
    Fast = 1 << 13,

    /// <summary>Allowed before the client has authenticated.</summary>
    NoAuth = 1 << 14,

    /// <summary>A call without any key is valid.</summary>
    NoMandatoryKeys = 1 << 15,

    /// <summary>Refused while a replica swaps in a new data set, even with <see cref="Loading"/>.</summary>
    NoAsyncLoading = 1 << 16,
    NoMulti = 1 << 17,

    /// <summary>First, last and step do not tell all keys. Derived from the key specs, never declared.</summary>
    MovableKeys = 1 << 18,

    /// <summary>Allowed while a script that runs too long holds the server.</summary>
    AllowBusy = 1 << 19,

    /// <summary>Not a write, but may propagate something: refused where writes are for want of replicas or disk.</summary>
    MayReplicate = 1 << 20,

    /// <summary>Exists in Sentinel too.</summary>
    Sentinel = 1 << 21,
    OnlySentinel = 1 << 22,

    /// <summary>Needs `enable-debug-command` or `enable-module-command`.</summary>
    Protected = 1 << 23,

    /// <summary>May touch keys that its arguments do not name, so nothing may be evicted or expired in the midst of it.</summary>
    TouchesArbitraryKeys = 1 << 24,

    /// <summary>The argument behind the key names an element of its collection, which a pipeline fetches ahead.</summary>
    ElementBehindKey = 1 << 25,

    /// <summary>As <see cref="ElementBehindKey"/>, of the argument one further on, behind a score.</summary>
    ElementBehindScore = 1 << 26,

    /// <summary>Runs at once where others are queued: the commands of transactions, and those that end a session.</summary>
    NeverQueued = 1 << 27,

    /// <summary>EXEC: refused, it ends the transaction.</summary>
    Commits = 1 << 28,

    /// <summary>Allowed to who subscribes to something in RESP2.</summary>
    ForSubscribers = 1 << 29,

    /// <summary>Runs a script, which may declare other flags: <see cref="Call.Flags"/>.</summary>
    RunsScript = 1 << 30,
}

internal static class CommandFlagNames
{
    /// <summary>In the order of the bits, as COMMAND INFO prints them; what has no name here is not shown.</summary>
    public static readonly string[] All =
        ["write", "readonly", "denyoom", "module", "admin", "pubsub", "noscript", "blocking", "loading", "stale", "skip_monitor",
            "skip_slowlog", "asking", "fast", "no_auth", "no_mandatory_keys", "no_async_loading", "no_multi", "movablekeys", "allow_busy"];
}
