namespace Carnelian;

/// <summary>
/// Which of a cluster's slots a key is in: its CRC modulo 16384. If there is a tag, something between the first '{' and the first '}' behind it,
/// the CRC is the tag's alone, so that keys with the same one are together (Redis cluster specification, "Hash tags").
/// </summary>
public static class KeySlot
{
    public const int Count = 1 << 14;

    public static int Of(ReadOnlySpan<byte> key)
    {
        var open = key.IndexOf((byte)'{');
        if (open >= 0)
        {
            var behind = key[(open + 1)..];
            var length = behind.IndexOf((byte)'}');
            if (length > 0) key = behind[..length];
        }
        return Crc16.Of(key) & (Count - 1);
    }

    /// <summary>The slot of all keys that a glob pattern can match; false where they may be in several, because something other than a plain tag comes first.</summary>
    public static bool TryOfPattern(ReadOnlySpan<byte> pattern, out int slot)
    {
        var plain = pattern.IndexOfAny("*?[\\"u8);
        if (plain < 0)
        {
            slot = Of(pattern);
            return true;
        }
        var beginning = pattern[..plain];
        var open = beginning.IndexOf((byte)'{');
        var length = open < 0 ? -1 : beginning[(open + 1)..].IndexOf((byte)'}');
        slot = length > 0 ? Of(beginning) : 0;
        return length > 0;
    }
}
