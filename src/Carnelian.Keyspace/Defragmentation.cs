namespace Carnelian;

/// <summary>
/// Moves entries out of sparse slabs so that whole slabs go back to the system. A round through all databases begins when
/// resident memory exceeds live memory by more than <see cref="WastePercent"/> (and a little), and goes on in slices.
/// </summary>
public sealed class Defragmentation(Keyspace keyspace)
{
    /// <summary>A round is worth it from here on: percent of mapped bytes beyond used ones.</summary>
    private const int WastePercent = 10;

    /// <summary>Below this nobody minds.</summary>
    private const long WasteBytesMin = 8 << 20;

    private const int BucketsPerStep = 16;

    private int _database;
    private bool _movedInRound;
    private long _idleAtMapped;

    /// <summary>Blocks moved since the start.</summary>
    public long Moved { get; private set; }

    /// <summary>A round goes on.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>Works within a budget; true while a round goes on. Between calls only.</summary>
    public bool Run(Budget budget)
    {
        if (!IsRunning && !Begin()) return false;
        while (_database < keyspace.Databases.Length)
        {
            var keys = keyspace.Databases[_database].Keys;
            while (keys.Count > 0)
            {
                var finished = keys.Defragment(BucketsPerStep, out var moved);
                Moved += moved;
                _movedInRound |= moved > 0;
                if (finished) break;
                if (budget.Spent) return true;
            }
            _database++;
        }
        End();
        return false;
    }

    private bool Begin()
    {
        var mapped = keyspace.Allocator.MappedBytes;
        var waste = mapped - keyspace.Allocator.UsedBytes;
        if (waste < WasteBytesMin || waste * 100 < keyspace.Allocator.UsedBytes * WastePercent) return false;
        // A round that moved nothing is not repeated until memory has changed by a noticeable part.
        if (Math.Abs(mapped - _idleAtMapped) < WasteBytesMin / 2) return false;
        IsRunning = true;
        _movedInRound = false;
        _database = 0;
        return true;
    }

    private void End()
    {
        IsRunning = false;
        _idleAtMapped = _movedInRound ? 0 : keyspace.Allocator.MappedBytes;
    }
}
