namespace Carnelian;

/// <summary>
/// A lane that might run on another thread: whatever passes between it and the command thread is under way for a time drawn from the seed. What it
/// does on its side happens at any moment, also in the midst of a command that lets time pass; the command thread hears of it between requests.
/// </summary>
internal sealed class SimulatedHandOvers(SimulatedWorld world) : HandOvers
{
    private readonly Queue<Action> _toLane = new(), _toCommands = new(), _arrived = new();
    private long _lastToLane, _lastToCommands;

    public override bool AreImmediate => world.Simulation.Conditions.HandOverMicrosecondsMax == 0;

    public override void ToLane(Action work)
    {
        if (AreImmediate)
        {
            work();
            return;
        }
        _toLane.Enqueue(work);
        Plan(ref _lastToLane, () =>
        {
            if (_toLane.TryDequeue(out var next)) next();
        });
    }

    public override void ToCommands(Action work)
    {
        if (AreImmediate)
        {
            work();
            return;
        }
        _toCommands.Enqueue(work);
        Plan(ref _lastToCommands, () =>
        {
            if (!_toCommands.TryDequeue(out var next)) return;
            _arrived.Enqueue(next);
            world.Network.Wake();
        });
    }

    /// <summary>Nothing overtakes what was handed over before.</summary>
    private void Plan(ref long lastNanoseconds, Action arrive)
    {
        var simulation = world.Simulation;
        lastNanoseconds = Math.Max(lastNanoseconds, simulation.NowNanoseconds + simulation.Draw(1, simulation.Conditions.HandOverMicrosecondsMax) * 1000L);
        simulation.After((lastNanoseconds - simulation.NowNanoseconds) / 1000, arrive);
    }

    public override void Deliver()
    {
        for (var left = _arrived.Count; left > 0 && _arrived.TryDequeue(out var work); left--) work();
    }

    public override void Finish()
    {
        while (_toLane.TryDequeue(out var work) || _arrived.TryDequeue(out work) || _toCommands.TryDequeue(out work)) work();
    }

    /// <summary>What an earlier life handed over must not arrive.</summary>
    public void Forget()
    {
        _toLane.Clear();
        _toCommands.Clear();
        _arrived.Clear();
    }
}
