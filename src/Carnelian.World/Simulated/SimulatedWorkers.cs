namespace Carnelian;

/// <summary>
/// Jobs that run one after the other per queue, each at a moment drawn from the seed, and are heard of at another. What a job does to a disk that takes
/// time takes the job that time, and everything else goes on meanwhile.
/// </summary>
internal sealed class SimulatedWorkers(SimulatedWorld world) : Workers
{
    private readonly SimulatedWorker?[] _workers = new SimulatedWorker?[Enum.GetValues<WorkerQueue>().Length];
    private readonly Queue<WorkerJob> _finished = new();
    private int _pending;

    public override int Pending => _pending;

    /// <summary>Whose job runs at this moment; null: the command thread's own work does.</summary>
    public SimulatedWorker? Running { get; set; }

    public override void Post(WorkerQueue queue, WorkerJob job)
    {
        _pending++;
        (_workers[(int)queue] ??= new SimulatedWorker(world, this)).Post(job);
    }

    public override void DeliverCompleted()
    {
        for (var left = _finished.Count; left > 0 && _finished.TryDequeue(out var job); left--)
        {
            _pending--;
            job.Completed();
        }
    }

    public void Finish(WorkerJob job)
    {
        _finished.Enqueue(job);
        world.Network.Wake();
    }

    /// <summary>Jobs of an earlier life neither run nor count. One that is in the midst of its work ends now, and the disk refuses it everything.</summary>
    public void Forget()
    {
        foreach (var worker in _workers) worker?.Forget();
        _pending = 0;
        _finished.Clear();
    }

    public void EndThreads()
    {
        foreach (var worker in _workers) worker?.EndThread();
    }
}

/// <summary>What serves one queue.</summary>
internal sealed class SimulatedWorker(SimulatedWorld world, SimulatedWorkers workers)
{
    private readonly Queue<WorkerJob> _jobs = new();
    private SimulatedThread? _thread;
    private WorkerJob? _job;
    private bool _isBusy;
    private int _life;

    /// <summary>Its job belongs to a process that is dead.</summary>
    public bool IsOrphan { get; private set; }

    public void Post(WorkerJob job)
    {
        _jobs.Enqueue(job);
        if (!_isBusy) PlanNext();
    }

    private void PlanNext()
    {
        _isBusy = _jobs.Count > 0;
        if (_isBusy) After(Draw(), Start);
    }

    private void Start()
    {
        _job = _jobs.Dequeue();
        workers.Running = this;
        // A thread only where a job may have to stop halfway.
        if (world.Disk.TakesTime) (_thread ??= new SimulatedThread()).Begin(_job.Run);
        else _job.Run();
        Yielded();
    }

    private void Continue()
    {
        workers.Running = this;
        _thread!.Continue();
        Yielded();
    }

    private void Yielded()
    {
        workers.Running = null;
        if (_thread is { IsBusy: true }) return;
        var done = _job!;
        _job = null;
        After(Draw(), () =>
        {
            workers.Finish(done);
            PlanNext();
        });
    }

    /// <summary>By the running job: goes on when that much time has passed.</summary>
    public void Wait(long microseconds)
    {
        Check.That(!IsOrphan);
        After(microseconds, Continue);
        _thread!.Pause();
    }

    public void Forget()
    {
        _life++;
        _jobs.Clear();
        if (_thread is { IsBusy: true })
        {
            IsOrphan = true;
            workers.Running = this;
            _thread.Continue();
            workers.Running = null;
            IsOrphan = false;
        }
        _job = null;
        _isBusy = false;
    }

    public void EndThread()
    {
        _thread?.Dispose();
        _thread = null;
    }

    private void After(long microseconds, Action action)
    {
        var life = _life;
        world.Simulation.After(microseconds, () =>
        {
            if (life == _life) action();
        });
    }

    private long Draw() => world.Simulation.Draw(1, world.Simulation.Conditions.JobMicrosecondsMax);
}
