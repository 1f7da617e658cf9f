using System.Runtime.Intrinsics;

namespace Carnelian;

/// <summary>
/// Finds out fast that a short string cannot be compressed: no three bytes of it stand in it twice. Half the time of saving short values would else go into trying.
/// </summary>
internal static class LzfRepeats
{
    public const int LengthMax = 32;

    /// <summary>Compares the string with itself, moved by one byte, two, …: three equal ones in a row are a repeat.</summary>
    public static bool Has(ReadOnlySpan<byte> text)
    {
        Span<byte> padded = stackalloc byte[2 * LengthMax];
        text.CopyTo(padded);
        padded[text.Length..].Clear();
        var all = Vector256.Create<byte>(padded);
        for (var distance = 1; distance <= text.Length - 3; distance++)
        {
            var equal = Vector256.Equals(all, Vector256.Create<byte>(padded[distance..])).ExtractMostSignificantBits();
            // What lies behind the end is equal too, and does not count.
            if ((equal & equal >> 1 & equal >> 2 & ((1u << (text.Length - distance - 2)) - 1)) != 0) return true;
        }
        return false;
    }
}
