namespace Carnelian;

/// <summary>
/// Takes slow work on large memory off the allocator's thread: whoever implements it has one worker do what it is told, in that order.
/// Members are called on the allocator's thread.
/// </summary>
public abstract class BackgroundMemory
{
    /// <summary>To be answered by <see cref="RegionReturn.Run"/> on another thread, and <see cref="RegionReturn.Completed"/> then on the allocator's.</summary>
    public abstract void Return(RegionReturn regions);

    /// <summary>
    /// To be answered by <see cref="SystemMemory.Touch"/>: the region will be used soon. A huge page takes as long to clear as thousands of commands run
    /// (seen: 5 ms, where the host had no memory at hand either).
    /// </summary>
    public abstract void Touch(nint address, nint length);

    /// <summary>Some of what was told to be touched has not been touched yet.</summary>
    public abstract bool IsTouching { get; }
}
