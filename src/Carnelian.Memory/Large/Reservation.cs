namespace Carnelian;

/// <summary>
/// One reserved stretch of addresses that is committed from both ends towards the middle, in steps, so that a
/// growing range stays a handful of mappings for the system however many blocks it holds.
/// </summary>
internal sealed class Reservation : IDisposable
{
    /// <summary>Committing takes no memory, but waits for whoever touches the range's pages for the first time.</summary>
    private const nint StepBytes = 64 << 20;

    private readonly nint _mapping;
    private readonly nint _mappingLength;
    private nint _lowCommitted;
    private nint _highCommitted;

    private Reservation(nint mapping, nint mappingLength, nint alignment, nint length)
    {
        (_mapping, _mappingLength) = (mapping, mappingLength);
        Base = (mapping + alignment - 1) & -alignment;
        Length = length;
        _highCommitted = HighClaimed = length;
    }

    /// <summary>Aligned as asked for.</summary>
    public nint Base { get; }

    /// <summary>In bytes: what was asked for, or less.</summary>
    public nint Length { get; }

    /// <summary>
    /// Reserves <paramref name="length"/> bytes, or where the system does not grant as many a half, a quarter, … down to
    /// <paramref name="lengthMin"/>. Of scarce addresses it leaves half of what it could have had to others.
    /// </summary>
    public static Reservation Create(nint length, nint lengthMin, nint alignment)
    {
        var scarce = false;
        for (; length >= lengthMin; length >>= 1)
        {
            length &= -alignment;
            var mappingLength = length + alignment;
            var mapping = SystemMemory.TryReserve(mappingLength);
            if (mapping != 0 && !scarce) return new Reservation(mapping, mappingLength, alignment, length);
            if (mapping != 0) SystemMemory.Release(mapping, mappingLength);
            scarce = mapping == 0;
        }
        SystemMemory.ThrowOutOfMemory(lengthMin);
        return null;
    }

    /// <summary>Bytes claimed from the bottom.</summary>
    public nint LowClaimed { get; private set; }

    /// <summary>Where the bytes claimed from the top begin.</summary>
    public nint HighClaimed { get; private set; }

    /// <summary>The address of fresh zeroes next to those claimed last from the bottom; 0 when both ends have met.</summary>
    public nint ClaimLow(nint bytes)
    {
        if (HighClaimed - LowClaimed < bytes) return 0;
        CommitLow(LowClaimed + bytes);
        var claimed = Base + LowClaimed;
        LowClaimed += bytes;
        return claimed;
    }

    /// <summary>Makes the bytes up to this one, counted from the bottom, usable before they are claimed; false where there are not as many.</summary>
    public bool TryCommitLow(nint end)
    {
        if (end > HighClaimed) return false;
        CommitLow(end);
        return true;
    }

    private void CommitLow(nint end)
    {
        if (end <= _lowCommitted) return;
        end = Math.Min((end + StepBytes - 1) & -StepBytes, Length);
        SystemMemory.Commit(Base + _lowCommitted, end - _lowCommitted);
        _lowCommitted = end;
    }

    /// <summary>As <see cref="ClaimLow"/>, from the top.</summary>
    public nint ClaimHigh(nint bytes)
    {
        if (HighClaimed - LowClaimed < bytes) return 0;
        HighClaimed -= bytes;
        if (HighClaimed < _highCommitted)
        {
            var start = HighClaimed & -StepBytes;
            SystemMemory.Commit(Base + start, _highCommitted - start);
            _highCommitted = start;
        }
        return Base + HighClaimed;
    }

    public void Dispose() => SystemMemory.Release(_mapping, _mappingLength);
}
