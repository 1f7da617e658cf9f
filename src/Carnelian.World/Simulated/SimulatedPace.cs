namespace Carnelian;

/// <summary>
/// How long a simulated disk takes. A worker's job waits that long while everything else goes on; the command thread is held, as a real one would be.
/// As it is made, nothing takes any time. May be changed at any time; holds for what begins after.
/// </summary>
public sealed class SimulatedPace
{
    private const long MicrosecondsPerSecond = 1_000_000;

    private readonly SimulatedWorld _world;

    /// <summary>Until when what is being moved takes, and stalls last.</summary>
    private long _busyUntilNanoseconds, _stalledUntilNanoseconds;

    internal SimulatedPace(SimulatedWorld world) => _world = world;

    /// <summary>Bytes written and read in a second, by all together; 0: any number in no time.</summary>
    public long BytesPerSecond { get; set; }

    /// <summary>The longest time for opening, renaming, deleting and the like.</summary>
    public int OperationMicrosecondsMax { get; set; }

    public int SyncMicrosecondsMin { get; set; }

    public int SyncMicrosecondsMax { get; set; }

    /// <summary>How often something that is begun finds the disk standing still, for a time drawn up to <see cref="StallMicrosecondsMax"/>.</summary>
    public int StallsPerMillion { get; set; }

    public int StallMicrosecondsMax { get; set; }

    public bool TakesTime => BytesPerSecond > 0 || OperationMicrosecondsMax > 0 || SyncMicrosecondsMax > 0 || StallsPerMillion > 0 || IsStalled;

    private bool IsStalled => _stalledUntilNanoseconds > _world.Simulation.NowNanoseconds;

    /// <summary>For how long the command thread was held by this disk.</summary>
    public long HeldMicroseconds { get; private set; }

    /// <summary>From now on the disk stands still for a while: what is under way is not done before its end either.</summary>
    public void Stall(long milliseconds) =>
        _stalledUntilNanoseconds = Math.Max(_stalledUntilNanoseconds, _world.Simulation.NowNanoseconds + milliseconds * 1_000_000);

    /// <returns>False: who waited is dead by now, and its work must come to nothing.</returns>
    internal bool Operate() => Spend(OperationMicrosecondsMax == 0 ? 0 : _world.Simulation.Draw(1, OperationMicrosecondsMax));

    /// <inheritdoc cref="Operate"/>
    internal bool Sync() => Spend(SyncMicrosecondsMax == 0 ? 0 : _world.Simulation.Draw(Math.Min(SyncMicrosecondsMin, SyncMicrosecondsMax), SyncMicrosecondsMax));

    /// <inheritdoc cref="Operate"/>
    internal bool Move(int bytes)
    {
        if (BytesPerSecond == 0) return Spend(0);
        var now = _world.Simulation.NowNanoseconds;
        _busyUntilNanoseconds = Math.Max(now, _busyUntilNanoseconds) + bytes * 1_000_000_000L / BytesPerSecond;
        return Spend((_busyUntilNanoseconds - now) / 1000);
    }

    /// <summary>A new process finds the disk doing nothing.</summary>
    internal void Rest() => _busyUntilNanoseconds = _stalledUntilNanoseconds = 0;

    private bool Spend(long microseconds)
    {
        var simulation = _world.Simulation;
        if (StallMicrosecondsMax > 0 && simulation.Happens(StallsPerMillion)) Stall(simulation.Draw(1, StallMicrosecondsMax) / 1000);
        var worker = _world.RunningWorker;
        if (worker is { IsOrphan: true }) return false;
        for (var end = simulation.NowNanoseconds + microseconds * 1000; ; end = _stalledUntilNanoseconds)
        {
            var left = (Math.Max(end, _stalledUntilNanoseconds) - simulation.NowNanoseconds + 999) / 1000;
            if (left <= 0) return true;
            if (worker is null) Hold(left);
            else worker.Wait(left);
            if (worker is { IsOrphan: true }) return false;
        }
    }

    private void Hold(long microseconds)
    {
        HeldMicroseconds += microseconds;
        _world.Clock.Block(microseconds);
    }
}
