namespace Carnelian;

/// <summary>
/// Strings of a machine: short ones are mostly found here instead of being made again, and equal ones then are the same object. Nothing relies on that: each
/// place holds the last string that was hashed to it, so that the cache is bounded and nobody has to forget what died.
/// </summary>
internal sealed class StringCache(LuaMachine machine)
{
    /// <summary>As in later versions of PUC's.</summary>
    internal const int ShortMax = 40;

    private const int Places = 2048;

    public LuaMachine Machine => machine;

    private readonly LuaString?[] _strings = new LuaString?[Places];

    /// <summary>Strings of one byte, which stay.</summary>
    private readonly LuaString?[] _single = new LuaString?[256];

    public readonly LuaString Empty = new([], 0);

    public LuaString Get(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ShortMax) return Join(bytes, default);
        if (bytes.Length <= 1) return bytes.IsEmpty ? Empty : Single(bytes[0]);
        var hash = LuaString.HashOf(bytes);
        ref var place = ref _strings[hash & (Places - 1)];
        if (place is { } found && found.Hash == hash && found.Equals(bytes)) return found;
        machine.Memory.Charge(LuaString.OverheadBytes + bytes.Length);
        return place = new(bytes.ToArray(), hash);
    }

    /// <summary>Two parts as one string.</summary>
    public LuaString Join(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var length = first.Length + (long)second.Length;
        if (length > Array.MaxLength) throw LuaException.OfMemory();
        if (length > ShortMax)
        {
            // It takes its time, of which the next look tells.
            machine.StepsLeft -= length >> LuaMachine.BytesPerStepShift;
            machine.Memory.Charge(LuaString.OverheadBytes + length);
            return new([.. first, .. second]);
        }
        Span<byte> few = stackalloc byte[ShortMax];
        first.CopyTo(few);
        second.CopyTo(few[first.Length..]);
        return Get(few[..(int)length]);
    }

    /// <summary>Takes an array that nobody else has; what it takes is charged here.</summary>
    public LuaString Own(byte[] bytes)
    {
        if (bytes.Length <= ShortMax) return Get(bytes);
        machine.Memory.Charge(LuaString.OverheadBytes + bytes.Length);
        return new(bytes);
    }

    private LuaString Single(byte value) => _single[value] ??= new([value]);

    /// <summary>Forgets all that may have come from scripts.</summary>
    public void Clear() => Array.Clear(_strings);
}
