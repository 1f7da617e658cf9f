namespace Carnelian;

/// <summary>What may stand between a request and its execution, in the order in which it is asked.</summary>
[Flags]
public enum Gates : uint
{
    None = 0,
    Loading = 1 << 0,
    Authentication = 1 << 1,
    AccessControl = 1 << 2,
    SubscriberMode = 1 << 3,
    Memory = 1 << 4,
    ClusterRedirect = 1 << 5,
    ReadOnlyReplica = 1 << 6,
    StaleReplica = 1 << 7,
    DiskErrors = 1 << 8,
    EnoughReplicas = 1 << 9,
    Queueing = 1 << 10,
}

/// <summary>
/// A reason not to run a request now. Gates are asked only while their bit is set, for all sessions
/// (<see cref="Executor.ClosedGates"/>) or for one, so that the usual request pays one test for all of them.
/// </summary>
public abstract class Gate(Gates bit)
{
    public Gates Bit { get; } = bit;

    /// <summary>True lets the request pass. Otherwise the gate has answered it: refused with an error, or queued it.</summary>
    public abstract bool Admits(ref Call call);
}
