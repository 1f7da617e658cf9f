namespace Carnelian;

/// <summary>
/// A number per slot and the sums of all before it: a binary indexed tree (Peter Fenwick, 1994). Adding, and finding the slot that holds the
/// n-th, take 14 steps at most.
/// </summary>
internal sealed class SlotCounts
{
    /// <summary>Element i has the sum of so many slots up to slot i - 1 as the lowest bit of i is worth.</summary>
    private readonly long[] _sums = new long[KeyTables.Slots + 1];

    public long Total { get; private set; }

    public void Add(int slot, long change)
    {
        Total += change;
        for (var i = slot + 1; i < _sums.Length; i += i & -i) _sums[i] += change;
    }

    /// <summary>The sum of all slots before this one.</summary>
    private long Before(int slot)
    {
        long sum = 0;
        for (var i = slot; i > 0; i &= i - 1) sum += _sums[i];
        return sum;
    }

    /// <summary>The slot where number <paramref name="number"/> is, counted from 0 over all slots.</summary>
    public int Find(long number)
    {
        Check.That(number >= 0 && number < Total);
        var at = 0;
        for (var step = KeyTables.Slots; step > 0; step /= 2)
        {
            if (at + step >= _sums.Length || _sums[at + step] > number) continue;
            at += step;
            number -= _sums[at];
        }
        return at;
    }

    /// <summary>The first slot behind this one whose number is not 0; -1: none.</summary>
    public int Next(int slot)
    {
        var before = Before(slot + 1);
        return before == Total ? -1 : Find(before);
    }
}
