using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>The size of the machine, for the head of a report.</summary>
internal static class Machine
{
    public static string Describe()
    {
        var model = Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString();
        var memoryKib = Field("/proc/meminfo", "MemTotal") is { } total ? long.Parse(total.Split(' ')[0]) : 0;
        var kernel = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        return $"{Environment.ProcessorCount} cores ({model}), {memoryKib / (1024.0 * 1024):0.0} GiB of memory, "
            + $"Linux {kernel}, {RuntimeInformation.FrameworkDescription}";
    }

    /// <summary>The value of the first "name: value" line of a file in /proc, or null.</summary>
    public static string? Field(string path, string name)
    {
        foreach (var line in File.ReadLines(path))
        {
            var colon = line.IndexOf(':');
            if (colon > 0 && line.AsSpan(0, colon).Trim().SequenceEqual(name))
                return line[(colon + 1)..].Trim();
        }
        return null;
    }
}
