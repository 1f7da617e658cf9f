namespace Carnelian.Tests;

/// <summary>Does at once what is to be made ready, and what goes back when it is told to.</summary>
internal sealed class RecordingBackground : BackgroundMemory
{
    private readonly Queue<RegionReturn> _work = new();

    public override bool IsPrefaulting => false;

    public override void Prefault(nint address, nint length) => SystemMemory.Prefault(address, length);

    public int Batches { get; private set; }

    public List<(nint Address, nint Length)> Regions { get; } = [];

    public override void Return(RegionReturn regions)
    {
        Batches++;
        _work.Enqueue(regions);
    }

    /// <summary>Until nothing waits.</summary>
    public void Work()
    {
        while (_work.TryDequeue(out var work))
        {
            Regions.AddRange(work.Batch);
            work.Run(isRangeGone: false);
            work.Completed();
        }
    }

    public void WorkAtLast() => _work.Dequeue().Run(isRangeGone: true);
}
