using System.Globalization;

namespace Carnelian;

/// <summary>Sizes for people, as Redis words them.</summary>
internal static class MemoryText
{
    /// <summary>1, 2, 4, ... 512, 1K, 2K, ...; 0 below the first.</summary>
    public static string PowerOfTwo(int exponent)
    {
        ReadOnlySpan<string> units = ["", "K", "M", "G", "T", "P", "E"];
        return exponent < 0 ? "0" : $"{1 << (exponent % 10)}{units[exponent / 10]}";
    }

    public static string Human(long bytes)
    {
        ReadOnlySpan<char> units = "BKMGTP";
        double value = bytes;
        var unit = 0;
        for (; value >= 1024 && unit < units.Length - 1; unit++) value /= 1024;
        return unit == 0 ? $"{bytes}B" : string.Create(CultureInfo.InvariantCulture, $"{value:F2}{units[unit]}");
    }
}
