namespace Carnelian;

/// <summary>Has a worker give large memory back, which is slow, and touch such that is going to be used, which is slow the first time.</summary>
internal sealed class LargeMemory(Workers workers) : BackgroundMemory
{
    /// <summary>Held while the worker is at the allocator's memory.</summary>
    private readonly Lock _working = new();
    private bool _hasEnded;
    private int _prefaultsPending;

    /// <summary>One for each who returns regions, a batch at a time: of slabs and of large blocks.</summary>
    private readonly List<ReturnJob> _returns = [];

    public override bool IsPrefaulting => _prefaultsPending > 0;

    public override void Return(RegionReturn regions) => workers.Post(WorkerQueue.Memory, JobOf(regions));

    private ReturnJob JobOf(RegionReturn regions)
    {
        foreach (var job in _returns)
        {
            if (job.Regions == regions) return job;
        }
        _returns.Add(new(this, regions));
        return _returns[^1];
    }

    public override void Prefault(nint address, nint length)
    {
        _prefaultsPending++;
        workers.Post(WorkerQueue.Memory, new PrefaultJob(this, address, length));
    }

    /// <summary>The allocator is about to go: no worker is at its memory any more when this returns.</summary>
    public void End()
    {
        lock (_working) _hasEnded = true;
    }

    private sealed class ReturnJob(LargeMemory owner, RegionReturn regions) : WorkerJob
    {
        public RegionReturn Regions => regions;

        public override void Run()
        {
            lock (owner._working) regions.Run(owner._hasEnded);
        }

        public override void Completed() => regions.Completed();
    }

    private sealed class PrefaultJob(LargeMemory owner, nint address, nint length) : WorkerJob
    {
        public override void Run()
        {
            lock (owner._working)
            {
                if (!owner._hasEnded) SystemMemory.Prefault(address, length);
            }
        }

        public override void Completed() => owner._prefaultsPending--;
    }
}
