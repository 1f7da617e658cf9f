namespace Carnelian;

/// <summary>
/// Does slow work on large memory in the background: an implementation has one worker thread do it, in the order in which it is asked for.
/// Members are called on the allocator's thread.
/// </summary>
public abstract class BackgroundMemory
{
    /// <summary>Calls <see cref="RegionReturn.Run"/> on the worker, and then <see cref="RegionReturn.Completed"/> on the allocator's thread.</summary>
    public abstract void Return(RegionReturn regions);

    /// <summary>
    /// Calls <see cref="SystemMemory.Prefault"/> on the worker, for a region that will be used soon. A huge page takes as long to clear as thousands of
    /// commands run (seen: 5 ms, where the host had no memory at hand either).
    /// </summary>
    public abstract void Prefault(nint address, nint length);

    /// <summary>Some region is still to be touched.</summary>
    public abstract bool IsPrefaulting { get; }
}
