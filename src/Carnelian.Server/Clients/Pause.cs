namespace Carnelian;

/// <summary>
/// CLIENT PAUSE: for a while requests wait, all of them or those that may change something, and nothing changes of itself. What waited runs in the order in
/// which it came. Clients that monitor are exempt.
/// </summary>
internal sealed class Pause(Server server) : Gate(Gates.Pause)
{
    private const CommandFlags Changing = CommandFlags.Write | CommandFlags.MayReplicate;

    /// <summary>It is over, and what waits is still to be run.</summary>
    private bool _hasEnded;

    public bool IsOn { get; private set; }

    /// <summary>All requests wait, not only those that may change something.</summary>
    public bool StopsAll { get; private set; }

    /// <summary>Until when, milliseconds of the monotonic clock.</summary>
    public long EndMs { get; private set; }

    /// <summary>When <see cref="Turn"/> has something to do.</summary>
    public long DueMs => _hasEnded ? 0 : IsOn ? EndMs : long.MaxValue;

    /// <summary>Pauses, also where there is a pause already: the later end counts, and who stops all goes on doing so.</summary>
    public void Begin(long endMs, bool stopsAll)
    {
        EndMs = IsOn ? Math.Max(EndMs, endMs) : endMs;
        StopsAll = stopsAll || IsOn && StopsAll;
        Set(EndMs > server.MonotonicMs);
    }

    public void End()
    {
        if (IsOn) Set(false);
    }

    private void Set(bool on)
    {
        _hasEnded |= IsOn && !on;
        IsOn = on;
        StopsAll &= on;
        server.Keyspace.IsPaused = on;
        server.Executor.ClosedGates = on ? server.Executor.ClosedGates | Bit : server.Executor.ClosedGates & ~Bit;
    }

    /// <summary>Ends the pause when its time is over, and runs what it held up. Between calls.</summary>
    /// <param name="goOn">Goes on with what a session has sent behind.</param>
    public void Turn(Action<Session> goOn)
    {
        if (IsOn && server.MonotonicMs >= EndMs) Set(false);
        if (!_hasEnded) return;
        _hasEnded = false;
        server.Executor.BlockedClients.Reopen(Bit, goOn);
    }

    public override GateAnswer Ask(ref Call call)
    {
        if (!call.MayBlock || call.Session is Client { IsMonitor: true }) return GateAnswer.Admitted;
        return StopsAll || (call.Flags & Changing) != 0 ? GateAnswer.Later : GateAnswer.Admitted;
    }
}
