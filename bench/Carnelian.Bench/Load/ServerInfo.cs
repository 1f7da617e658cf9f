using System.Globalization;

namespace Carnelian;

/// <summary>What INFO tells.</summary>
internal static class ServerInfo
{
    private static readonly string[] Sections = ["everything", "debug"];

    /// <summary>A field's number; NaN if there is none.</summary>
    public static double Number(RespConnection connection, string name)
    {
        foreach (var section in Sections)
        {
            var line = connection.Call("INFO", section).Split("\r\n").FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal));
            if (line is not null && double.TryParse(line.AsSpan(name.Length + 1), CultureInfo.InvariantCulture, out var number)) return number;
        }
        return double.NaN;
    }
}
