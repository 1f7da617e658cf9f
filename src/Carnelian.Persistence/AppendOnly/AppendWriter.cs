namespace Carnelian;

/// <summary>
/// Writes and syncs the file that is appended to, by a worker, one batch at a time; or on the command thread, for who must not go on before it is done. What changes the files is done in
/// between, in order.
/// </summary>
internal sealed class AppendWriter(World world, AppendOnlyOptions options) : IDisposable
{
    /// <summary>Held while a batch is being written.</summary>
    private readonly Lock _writing = new();

    private Job? _job;
    private DiskFile? _file;

    /// <summary>Where the file is, for people.</summary>
    public string Path { get; private set; } = "";

    public bool IsBusy => _job is not null;

    /// <summary>Begins with a file, at start.</summary>
    public void Begin(DiskFile file, string path) => (_file, Path) = (file, path);

    /// <summary>Has a worker write a batch; <paramref name="completed"/> is called on the command thread.</summary>
    public void Post(AppendBatch batch, Action<AppendBatch> completed)
    {
        Check.That(_job is null);
        _job = new(this, batch, completed);
        world.Workers.Post(WorkerQueue.AppendOnly, _job);
    }

    /// <summary>Finishes what a worker has, as if it had reported.</summary>
    public void Finish() => _job?.Finish();

    /// <summary>Writes a batch at once.</summary>
    public void Write(AppendBatch batch)
    {
        Check.That(_job is null);
        lock (_writing) Do(batch);
    }

    private void Do(AppendBatch batch)
    {
        if (!batch.HasStepped) TakeStep(batch);
        batch.WriteStatus = batch.SyncStatus = DiskStatus.Success;
        batch.HasSynced = batch.WasShort = false;
        if (_file is null) return;
        if (options.WriteDelayMicroseconds > 0 && batch.Bytes.Length > batch.Written) world.Clock.Block(options.WriteDelayMicroseconds);
        var began = world.Clock.MonotonicNanoseconds;
        Append(batch, _file);
        var written = world.Clock.MonotonicNanoseconds;
        batch.WriteNanoseconds = written - began;
        if (batch.Syncs && batch.WriteStatus.Ok)
        {
            batch.SyncStatus = _file.Sync();
            batch.HasSynced = batch.SyncStatus.Ok;
            batch.SyncNanoseconds = world.Clock.MonotonicNanoseconds - written;
        }
        batch.FileLength = _file.Length;
        batch.Path = Path;
        if (batch.Closes && batch.WriteStatus.Ok) Close();
    }

    private void TakeStep(AppendBatch batch)
    {
        batch.HasStepped = true;
        if (batch.Step is not { } step) return;
        step.Before = _file;
        step.Run();
        Path = step.NewPath ?? Path;
        if (step.Next is not var (file, path)) return;
        Close();
        (_file, Path) = (file, path);
    }

    /// <summary>Writes what is not written yet. A write that came to nothing whole is taken back, so that the file ends with a whole record.</summary>
    private static void Append(AppendBatch batch, DiskFile file)
    {
        var began = file.Length;
        var skipped = batch.Written;
        for (var i = 0; i < batch.Bytes.BlockCount; i++)
        {
            var block = batch.Bytes.Block(i);
            if (skipped >= block.Length)
            {
                skipped -= block.Length;
                continue;
            }
            batch.WriteStatus = file.Append(block[(int)skipped..]);
            skipped = 0;
            if (!batch.WriteStatus.Ok)
            {
                TakeBack(batch, file, began);
                return;
            }
        }
        batch.Written = batch.Bytes.Length;
    }

    private static void TakeBack(AppendBatch batch, DiskFile file, long began)
    {
        var part = file.Length - began;
        batch.WasShort = part > 0;
        if (!batch.WasShort) return;
        // What could not be taken back before is behind a whole record only with the rest of it.
        batch.TakeBackStatus = file.Truncate(began - batch.Written);
        batch.Written = batch.TakeBackStatus.Ok ? 0 : batch.Written + part;
    }

    private void Close()
    {
        _file?.Dispose();
        _file = null;
    }

    public void Dispose()
    {
        _job?.Forsake();
        Close();
    }

    private sealed class Job(AppendWriter writer, AppendBatch batch, Action<AppendBatch> completed) : WorkerJob
    {
        private bool _hasRun, _isOver;

        public override void Run()
        {
            lock (writer._writing)
            {
                if (_hasRun) return;
                _hasRun = true;
                writer.Do(batch);
            }
        }

        public override void Completed()
        {
            if (_isOver) return;
            _isOver = true;
            writer._job = null;
            completed(batch);
        }

        /// <summary>Runs it here if the worker has not begun it, else waits for that.</summary>
        public void Finish()
        {
            Run();
            Completed();
        }

        /// <summary>Nobody is there any more to hear of it.</summary>
        public void Forsake()
        {
            lock (writer._writing) _hasRun = _isOver = true;
            batch.Dispose();
        }
    }
}
