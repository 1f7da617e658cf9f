namespace Carnelian;

/// <summary>
/// Moves entries out of sparse slabs so that whole slabs go back to the system. A round through all databases begins when mapped memory exceeds
/// live memory by more than <see cref="DefragmentationLimits"/> allow, and goes on in slices.
/// </summary>
public sealed class Defragmentation(Keyspace keyspace)
{
    private const int BucketsPerStep = 16;

    private bool _isRunning;
    private int _database;
    private bool _movedInRound;
    private long _idleAtMapped;
    private long _startedMs;
    private long _pastMs;
    private DefragmentationCounts _counts;

    /// <summary>Since the start or CONFIG RESETSTAT.</summary>
    public DefragmentationCounts Counts => _counts;

    /// <summary>How much of the command thread's time the present round may take, percent; 0: none goes on.</summary>
    public int CyclePercent => _isRunning ? Effort(Waste()) : 0;

    /// <summary>Milliseconds for which the present round has been going on.</summary>
    public long CurrentMs => _isRunning ? keyspace.MonotonicMs - _startedMs : 0;

    /// <summary>Milliseconds that all rounds took since the start or CONFIG RESETSTAT.</summary>
    public long TotalMs => _pastMs + CurrentMs;

    private DefragmentationLimits Limits => keyspace.Options.Defragmentation;

    public void ResetStatistics()
    {
        _counts = default;
        _pastMs = 0;
        _startedMs = keyspace.MonotonicMs;
    }

    /// <summary>True if there is a reason to call <see cref="Run"/>: begins a round when one is due.</summary>
    public bool IsDue() => _isRunning || Begin();

    /// <summary>Works within a budget; true while a round goes on. Between calls only.</summary>
    public bool Run(Budget budget)
    {
        if (!IsDue()) return false;
        while (_database < keyspace.Databases.Length)
        {
            var data = keyspace.Databases[_database].Data;
            while (data.Count > 0)
            {
                var before = _counts.BlocksMoved;
                var finished = data.Defragment(BucketsPerStep, ref _counts);
                _movedInRound |= _counts.BlocksMoved > before;
                if (finished) break;
                if (budget.Spent) return true;
            }
            _database++;
        }
        End();
        return false;
    }

    /// <summary>Switched off: the round that goes on is given up.</summary>
    public void Stop()
    {
        if (_isRunning) End();
    }

    private long Waste() => keyspace.Allocator.MappedBytes - keyspace.Allocator.UsedBytes;

    /// <summary>From the smallest effort at the lower threshold to the largest at the upper one.</summary>
    private int Effort(long waste)
    {
        var percent = 100.0 * waste / Math.Max(keyspace.Allocator.UsedBytes, 1);
        var span = Math.Max(Limits.ThresholdUpperPercent - Limits.ThresholdLowerPercent, 1);
        var part = Math.Clamp((percent - Limits.ThresholdLowerPercent) / span, 0, 1);
        var (min, max) = (Limits.CycleMinPercent, Math.Max(Limits.CycleMinPercent, Limits.CycleMaxPercent));
        return (int)(min + part * (max - min));
    }

    private bool Begin()
    {
        var waste = Waste();
        if (waste < (long)Limits.IgnoreBytes || waste * 100 < keyspace.Allocator.UsedBytes * Limits.ThresholdLowerPercent) return false;
        // A round that moved nothing is not repeated until memory has changed by a noticeable part.
        var mapped = keyspace.Allocator.MappedBytes;
        if (Math.Abs(mapped - _idleAtMapped) < (long)Limits.IgnoreBytes / 2) return false;
        _isRunning = true;
        _movedInRound = false;
        _database = 0;
        _startedMs = keyspace.MonotonicMs;
        return true;
    }

    private void End()
    {
        _pastMs = TotalMs;
        _isRunning = false;
        _idleAtMapped = _movedInRound ? 0 : keyspace.Allocator.MappedBytes;
    }
}
