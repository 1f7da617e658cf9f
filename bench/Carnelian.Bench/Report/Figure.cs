using System.Globalization;

namespace Carnelian;

/// <summary>How figures are written: three significant digits or more, the same on every machine.</summary>
internal static class Figure
{
    public const string None = "–";

    public static string Of(double value) => value switch
    {
        double.NaN => None,
        >= 100 or <= -100 => value.ToString("#,0", CultureInfo.InvariantCulture),
        >= 10 or <= -10 => value.ToString("0.0", CultureInfo.InvariantCulture),
        >= 1 or <= -1 => value.ToString("0.00", CultureInfo.InvariantCulture),
        _ => value.ToString("0.000", CultureInfo.InvariantCulture),
    };

    public static string Mebibytes(double bytes) => Of(bytes / (1 << 20));

    public static string Percent(double fraction) => double.IsFinite(fraction) ? (fraction * 100).ToString("0", CultureInfo.InvariantCulture) + "%" : None;

    /// <summary>The candidate's figure over the reference's; nothing where either is missing.</summary>
    public static string Ratio(double candidate, double reference)
    {
        var ratio = candidate / reference;
        return double.IsFinite(ratio) ? "×" + ratio.ToString("0.00", CultureInfo.InvariantCulture) : None;
    }

    /// <summary>The middle value, or the mean of the two in the middle. NaN of nothing.</summary>
    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        if (sorted.Length == 0)
            return double.NaN;
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }
}
