namespace Carnelian;

/// <summary>Has a worker unmap large memory, which is slow, and touch such that is going to be used, which is slow the first time.</summary>
internal sealed class LargeMemory(Workers workers) : BackgroundMemory
{
    /// <summary>Held while the worker touches memory.</summary>
    private readonly Lock _touching = new();
    private bool _hasEnded;
    private int _touchesPending;

    public override bool IsTouching => _touchesPending > 0;

    public override void Release(nint address, nint length) => workers.Post(WorkerQueue.Memory, new ReleaseJob(address, length));

    public override void Touch(nint address, nint length)
    {
        _touchesPending++;
        workers.Post(WorkerQueue.Memory, new TouchJob(this, address, length));
    }

    /// <summary>The memory is about to go: nothing is touched any more when this returns.</summary>
    public void End()
    {
        lock (_touching) _hasEnded = true;
    }

    private sealed class ReleaseJob(nint address, nint length) : WorkerJob
    {
        public override void Run() => SystemMemory.Release(address, length);
    }

    private sealed class TouchJob(LargeMemory owner, nint address, nint length) : WorkerJob
    {
        public override void Run()
        {
            lock (owner._touching)
            {
                if (!owner._hasEnded) SystemMemory.Touch(address, length);
            }
        }

        public override void Completed() => owner._touchesPending--;
    }
}
