namespace Carnelian;

/// <summary>
/// Strings of a machine: short ones are mostly found here instead of being made again, and equal ones then are the same object. Nothing relies on that: each
/// place holds the last string that was hashed to it, so that the cache is bounded and nobody has to forget what died.
/// </summary>
internal sealed class StringCache(LuaMemory memory)
{
    /// <summary>As in later versions of PUC's.</summary>
    internal const int ShortMax = 40;

    private const int Places = 2048;

    private readonly LuaString?[] _strings = new LuaString?[Places];

    /// <summary>Strings of one byte, which stay.</summary>
    private readonly LuaString?[] _single = new LuaString?[256];

    public readonly LuaString Empty = new([], 0);

    public LuaString Get(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ShortMax) return Long(bytes.ToArray());
        if (bytes.Length <= 1) return bytes.IsEmpty ? Empty : Single(bytes[0]);
        var hash = LuaString.HashOf(bytes);
        ref var place = ref _strings[hash & (Places - 1)];
        if (place is { } found && found.Hash == hash && found.Equals(bytes)) return found;
        memory.Charge(LuaString.OverheadBytes + bytes.Length);
        return place = new(bytes.ToArray(), hash);
    }

    /// <summary>Takes an array that nobody else has; what it takes is charged here.</summary>
    public LuaString Own(byte[] bytes) => bytes.Length <= ShortMax ? Get(bytes) : Long(bytes);

    private LuaString Long(byte[] bytes)
    {
        memory.Charge(LuaString.OverheadBytes + bytes.Length);
        return new(bytes);
    }

    private LuaString Single(byte value) => _single[value] ??= new([value]);

    /// <summary>Forgets all that may have come from scripts.</summary>
    public void Clear() => Array.Clear(_strings);
}
