namespace Carnelian;

/// <summary>What may stand between a request and its execution, in the order in which it is asked; then who looks at calls.</summary>
[Flags]
public enum Gates : uint
{
    None = 0,
    Loading = 1 << 0,
    Authentication = 1 << 1,
    AccessControl = 1 << 2,
    ClusterRedirect = 1 << 3,
    Memory = 1 << 4,
    SubscriberMode = 1 << 5,
    ReadOnlyReplica = 1 << 6,
    StaleReplica = 1 << 7,
    DiskErrors = 1 << 8,
    EnoughReplicas = 1 << 9,

    /// <summary>A script or function runs for too long: others are told so.</summary>
    Busy = 1 << 10,

    /// <summary>MONITOR was sent.</summary>
    MonitorMode = 1 << 11,

    /// <summary>CLIENT PAUSE, a failover.</summary>
    Pause = 1 << 12,

    /// <summary>MULTI was sent.</summary>
    Queueing = 1 << 13,

    /// <summary>A snapshot's memory is full.</summary>
    Snapshot = 1 << 14,

    /// <summary>Keys are on their way to another server.</summary>
    HeldKeys = 1 << 15,

    /// <summary>More waits to be written to the append-only file than may.</summary>
    AppendOnly = 1 << 16,

    /// <summary>From here on: observers.</summary>
    FirstObserver = 1 << 20,
    Monitor = FirstObserver,
    ReadTracking = 1 << 21,
    SlotStatistics = 1 << 22,
    HotKeys = 1 << 23,
    Watchdog = 1 << 24,

    /// <summary>Who reads what is not safe on the disk yet.</summary>
    UnreleasedReads = 1 << 25,
}

public enum GateAnswer
{
    /// <summary>The request passes.</summary>
    Admitted,

    /// <summary>The gate has answered: refused it with an error, or queued it.</summary>
    Answered,

    /// <summary>The request waits and is run again when the gate says so: <see cref="BlockedClients.Reopen"/>. Not for a call within a call.</summary>
    Later,
}

/// <summary>
/// A reason not to run a request now. Gates are asked only while their bit is set, for all sessions
/// (<see cref="Executor.ClosedGates"/>) or for one, so that the usual request pays one test for all of them.
/// </summary>
public abstract class Gate(Gates bit)
{
    public Gates Bit { get; } = bit;

    public abstract GateAnswer Ask(ref Call call);
}

/// <summary>Looks at each call before and after, also at calls within calls. Under the same test as gates, and like them only while its bit is set.</summary>
public abstract class Observer(Gates bit)
{
    public Gates Bit { get; } = bit;

    /// <summary>All gates have admitted it.</summary>
    public virtual void OnCalling(ref Call call) { }

    /// <summary>It is over; its reply is written, and it may have failed or be blocked.</summary>
    public virtual void OnCalled(ref Call call) { }

    /// <summary>EXEC was refused, by a gate or for its arguments, and has ended its transaction.</summary>
    public virtual void OnCommitRefused(ref Call call) { }
}
