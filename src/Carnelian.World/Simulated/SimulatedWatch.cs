namespace Carnelian;

/// <summary>Looks while a program blocks its thread: at other times there is nothing that another thread could see.</summary>
internal sealed class SimulatedWatch(List<SimulatedWatch> all, int periodMs, Action look) : IDisposable
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>Moves time to a moment, looking on the way.</summary>
    public void LookUntil(Simulation simulation, long untilNanoseconds)
    {
        for (long next; (next = simulation.NowNanoseconds + periodMs * NanosecondsPerMillisecond) <= untilNanoseconds;)
        {
            simulation.MoveTo(next);
            look();
        }
    }

    public void Dispose() => all.Remove(this);
}
