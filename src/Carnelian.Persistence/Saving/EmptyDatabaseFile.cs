namespace Carnelian;

/// <summary>Writes an RDB file without keys, by a worker.</summary>
internal sealed class EmptyDatabaseFile(ReplacementFile file, RdbFacts facts, Action ended) : WorkerJob
{
    private readonly Lock _working = new();
    private bool _isForgotten;

    public override void Run()
    {
        lock (_working)
        {
            if (_isForgotten || file.Open(facts.Sums, facts.Compresses) is not { } output) return;
            var writer = new RdbFileWriter(output, facts.Version);
            writer.Begin(facts);
            writer.End();
            file.Finish();
        }
    }

    public override void Completed()
    {
        if (!_isForgotten) ended();
    }

    /// <summary>The file is about to be written anew: this one must not take its place afterwards.</summary>
    public void Forget()
    {
        lock (_working) _isForgotten = true;
    }
}
