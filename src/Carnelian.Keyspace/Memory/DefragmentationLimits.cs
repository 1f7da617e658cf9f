namespace Carnelian;

/// <summary>
/// When memory is defragmented and at what cost, as Redis' directives of the same names. Redis waits for 100 MB of waste and begins with 1% of the time;
/// here moving is cheap, so the defaults are eager.
/// </summary>
public sealed class DefragmentationLimits
{
    /// <summary>active-defrag-ignore-bytes: below this waste no round begins.</summary>
    public ulong IgnoreBytes { get; set; } = 8 << 20;

    /// <summary>active-defrag-threshold-lower: from this waste on a round begins, percent of the live bytes.</summary>
    public int ThresholdLowerPercent { get; set; } = 10;

    /// <summary>active-defrag-threshold-upper: from this waste on a round takes the largest part of the time.</summary>
    public int ThresholdUpperPercent { get; set; } = 100;

    /// <summary>active-defrag-cycle-min and -max: percent of the command thread's time.</summary>
    public int CycleMinPercent { get; set; } = 15;

    public int CycleMaxPercent { get; set; } = 25;
}
