namespace Carnelian;

/// <summary>What of the use of keys is measured.</summary>
[Flags]
internal enum HotKeyMetrics
{
    None = 0,
    Cpu = 1,
    Net = 2,
}

/// <summary>What a session of HOTKEYS was asked for.</summary>
/// <param name="DurationMs">0: until it is stopped.</param>
/// <param name="SampleRatio">One call of so many is looked at.</param>
/// <param name="Slots">In ascending order; none: all.</param>
internal sealed record HotKeysRequest(HotKeyMetrics Metrics, int Count, long DurationMs, int SampleRatio, int[] Slots);

/// <summary>Time and bytes of calls, in all and by how they were chosen.</summary>
internal struct HotKeyTotals
{
    public long Nanoseconds, Bytes;

    public void Add(long nanoseconds, long bytes)
    {
        Nanoseconds += nanoseconds;
        Bytes += bytes;
    }
}

/// <summary>
/// HOTKEYS: which keys take most of the command thread's time, and most bytes of requests and replies. A call's share is divided evenly among its keys. It takes a
/// bounded amount of memory, and nothing of a call's time while no session is active.
/// </summary>
internal sealed class HotKeys(Server server) : Observer(Gates.HotKeys)
{
    /// <summary>So many counters for each key that is asked for: what has more of the whole than one part in so many is certain to be found.</summary>
    private const int CountersPerKey = 100;

    /// <summary>Longer keys are not among them: memory is bounded.</summary>
    private const int KeyBytesMax = 1024;

    private HeavyHitters? _byTime, _byBytes;
    private long _startedMonotonicMs, _durationMs;
    private (double User, double System) _cpuAtStart;
    private HotKeyTotals _all, _selected, _sampled;
    private bool _isActive;

    /// <summary>Of the session that is active or has been stopped; null: there is none.</summary>
    public HotKeysRequest? Request { get; private set; }

    /// <summary>Unix milliseconds.</summary>
    public long StartedMs { get; private set; }

    public bool IsActive
    {
        get
        {
            if (_isActive && Request!.DurationMs > 0 && server.MonotonicMs - _startedMonotonicMs >= Request.DurationMs) Stop(Request.DurationMs);
            return _isActive;
        }
    }

    public long DurationMs => IsActive ? server.MonotonicMs - _startedMonotonicMs : _durationMs;

    /// <summary>Calls that name keys: all, those in the chosen slots, and those of them that were looked at.</summary>
    public (HotKeyTotals All, HotKeyTotals Selected, HotKeyTotals Sampled) Totals => (_all, _selected, _sampled);

    /// <summary>Of the process since the session began, seconds.</summary>
    public (double User, double System) CpuSeconds
    {
        get
        {
            var (user, system) = server.World.Process.CpuSeconds;
            return (user - _cpuAtStart.User, system - _cpuAtStart.System);
        }
    }

    public HeavyHitters ByTime => _byTime!;

    public HeavyHitters ByBytes => _byBytes!;

    public void Start(HotKeysRequest request)
    {
        Request = request;
        var counters = request.Count * CountersPerKey;
        _byTime = (request.Metrics & HotKeyMetrics.Cpu) != 0 ? new(counters) : null;
        _byBytes = (request.Metrics & HotKeyMetrics.Net) != 0 ? new(counters) : null;
        _all = _selected = _sampled = default;
        StartedMs = server.NowMs;
        _startedMonotonicMs = server.MonotonicMs;
        _cpuAtStart = server.World.Process.CpuSeconds;
        _isActive = true;
        server.Executor.ClosedGates |= Bit;
    }

    public void Stop() => Stop(server.MonotonicMs - _startedMonotonicMs);

    private void Stop(long durationMs)
    {
        _isActive = false;
        _durationMs = durationMs;
        server.Executor.ClosedGates &= ~Bit;
    }

    public void Forget()
    {
        Request = null;
        _byTime = _byBytes = null;
    }

    /// <summary>A script's calls are its own affair: it tells its keys itself.</summary>
    public override void OnCalled(ref Call call)
    {
        if (!IsActive || call.Session != call.Client || call.Session.Blocked is not null || !call.Command.HasKeys) return;
        if (!call.Command.FindKeys(call.Args, out var keys) || keys.KeyCount == 0) return;
        var (nanoseconds, bytes) = (call.Nanoseconds, call.ReplyBytes + call.Args.WireLength);
        _all.Add(nanoseconds, bytes);
        if (!IsSelected(ref call, ref keys)) return;
        _selected.Add(nanoseconds, bytes);
        if (Request!.SampleRatio > 1 && server.Keyspace.Randomness.Below(Request.SampleRatio) != 0) return;
        _sampled.Add(nanoseconds, bytes);
        foreach (var key in keys)
        {
            var name = call.Key(key.Position);
            if (name.Bytes.Length > KeyBytesMax) continue;
            _byTime?.Add(name.Hash, name.Bytes, nanoseconds / keys.KeyCount);
            _byBytes?.Add(name.Hash, name.Bytes, bytes / keys.KeyCount);
        }
    }

    /// <summary>All keys of a call are in the slot of the first.</summary>
    private bool IsSelected(ref Call call, ref KeyRanges keys)
    {
        if (Request!.Slots.Length == 0) return true;
        foreach (var key in keys) return Array.BinarySearch(Request.Slots, call.Key(key.Position).Slot) >= 0;
        return false;
    }
}
