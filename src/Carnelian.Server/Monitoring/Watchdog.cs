using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// Tells the log what holds the loop for too long, while it is held: a thread looks every now and then at what the command thread says that it is doing, and does
/// nothing else. Off unless watchdog-period says how long is too long, and then it costs calls nothing.
/// </summary>
internal sealed class Watchdog(Server server) : Observer(Gates.Watchdog), IDisposable
{
    private const int LooksPerPeriod = 4, NanosecondsPerMillisecond = 1_000_000;

    private IDisposable? _watch;
    private int _depth;
    private string _outermost = "";

    /// <summary>What the command thread does, and since when, nanoseconds; 0: nothing. The second is written last when it begins, and first when it ends.</summary>
    private volatile string _activity = "";
    private long _since;

    /// <summary>The beginning of what has been told.</summary>
    private long _told;

    /// <summary>Milliseconds; 0: off.</summary>
    public int PeriodMs { get; private set; }

    /// <summary>Not less than two rounds of cron work, as in Redis.</summary>
    public void Set(int periodMs)
    {
        _watch?.Dispose();
        _watch = null;
        PeriodMs = periodMs == 0 ? 0 : Math.Max(periodMs, 2 * (1000 / server.Options.Hz));
        if (PeriodMs > 0) _watch = server.World.Watch(Math.Max(1, PeriodMs / LooksPerPeriod), Look);
        server.Executor.ClosedGates = PeriodMs > 0 ? server.Executor.ClosedGates | Bit : server.Executor.ClosedGates & ~Bit;
    }

    public override void OnCalling(ref Call call) => Begin(call.Command.FullName);

    public override void OnCalled(ref Call call) => End();

    /// <summary>Background work begins, under a name for people; <see cref="End"/> ends it.</summary>
    public void Begin(string activity)
    {
        if (PeriodMs == 0) return;
        _activity = activity;
        if (_depth++ > 0) return;
        _outermost = activity;
        Volatile.Write(ref _since, server.World.Clock.MonotonicNanoseconds);
    }

    public void End()
    {
        // It may have been turned on in the midst.
        if (_depth == 0) return;
        if (--_depth > 0)
        {
            _activity = _outermost;
            return;
        }
        var since = _since;
        Volatile.Write(ref _since, 0);
        if (Volatile.Read(ref _told) == since) server.Log.LogWarning("Watchdog: the loop goes on after {Milliseconds} ms.", MillisecondsSince(since));
    }

    private long MillisecondsSince(long nanoseconds) => (server.World.Clock.MonotonicNanoseconds - nanoseconds) / NanosecondsPerMillisecond;

    /// <summary>On the watch's thread.</summary>
    private void Look()
    {
        var since = Volatile.Read(ref _since);
        if (since == 0 || since == _told || MillisecondsSince(since) < PeriodMs) return;
        var activity = _activity;
        // Something else may have begun meanwhile.
        if (Volatile.Read(ref _since) != since) return;
        Volatile.Write(ref _told, since);
        server.Log.LogWarning("Watchdog: the loop has been held up for {Milliseconds} ms, at present by {Activity}: nobody is answered meanwhile.", MillisecondsSince(since), activity);
    }

    public void Dispose() => _watch?.Dispose();
}
