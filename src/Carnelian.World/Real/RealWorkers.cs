using System.Collections.Concurrent;
using System.Runtime.ExceptionServices;

namespace Carnelian;

/// <summary>A thread for each <see cref="WorkerQueue"/>, started with its first job.</summary>
internal sealed class RealWorkers(Network network) : Workers, IDisposable
{
    private readonly Lane?[] _lanes = new Lane?[Enum.GetValues<WorkerQueue>().Length];
    private readonly ConcurrentQueue<Finished> _finished = new();
    private int _pending;

    private readonly record struct Finished(WorkerJob Job, Exception? Defect);

    public override int Pending => _pending;

    public override void Post(WorkerQueue queue, WorkerJob job)
    {
        _pending++;
        (_lanes[(int)queue] ??= new Lane(queue, this)).Post(job);
    }

    public override void DeliverCompleted()
    {
        // Only what has finished by now: a completion may post again.
        for (var left = _finished.Count; left > 0 && _finished.TryDequeue(out var finished); left--)
        {
            _pending--;
            // A job that throws is a defect; it must stop the server here, where there is somebody to say so.
            if (finished.Defect is { } defect) ExceptionDispatchInfo.Throw(defect);
            finished.Job.Completed();
        }
    }

    /// <summary>Runs what was posted, without its <see cref="WorkerJob.Completed"/>, and ends the threads. A look-up of names ends when it does.</summary>
    public void Dispose()
    {
        foreach (var lane in _lanes) lane?.Stop();
        for (var queue = 0; queue < _lanes.Length; queue++)
        {
            if (queue != (int)WorkerQueue.NameLookup) _lanes[queue]?.Join();
        }
    }

    private void Finish(WorkerJob job, Exception? defect)
    {
        _finished.Enqueue(new(job, defect));
        network.Wake();
    }

    private sealed class Lane
    {
        /// <summary>Where cores are scarce, a save takes longer and whoever serves clients does not.</summary>
        private const int SaveNice = 5;

        private readonly WorkerQueue _queue;
        private readonly RealWorkers _workers;
        private readonly Queue<WorkerJob> _jobs = new();
        private readonly Thread _thread;
        private bool _stopping;

        public Lane(WorkerQueue queue, RealWorkers workers)
        {
            (_queue, _workers) = (queue, workers);
            _thread = new Thread(Run) { IsBackground = true, Name = $"worker {queue}" };
            _thread.Start();
        }

        public void Post(WorkerJob job)
        {
            lock (_jobs)
            {
                Check.That(!_stopping);
                _jobs.Enqueue(job);
                Monitor.Pulse(_jobs);
            }
        }

        public void Stop()
        {
            lock (_jobs)
            {
                _stopping = true;
                Monitor.Pulse(_jobs);
            }
        }

        public void Join() => _thread.Join();

        private void Run()
        {
            if (_queue == WorkerQueue.Save && OperatingSystem.IsLinux()) _ = Libc.setpriority(Libc.PRIO_PROCESS, 0, SaveNice);
            while (Take() is { } job)
            {
                Exception? defect = null;
                try
                {
                    job.Run();
                }
                catch (Exception e)
                {
                    defect = e;
                }
                _workers.Finish(job, defect);
            }
        }

        private WorkerJob? Take()
        {
            lock (_jobs)
            {
                while (_jobs.Count == 0 && !_stopping) Monitor.Wait(_jobs);
                return _jobs.TryDequeue(out var job) ? job : null;
            }
        }
    }
}
