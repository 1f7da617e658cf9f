using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>Files that a run left behind which died in the midst of a save: <c>temp-PID.rdb</c> and its like.</summary>
public static class Leftovers
{
    private const string Prefix = "temp-", Suffix = ".rdb";

    /// <summary>Removes them. Those of a process that lives are its own affair.</summary>
    public static void Remove(World world, PersistenceOptions options, ILogger log)
    {
        if (world.Disk.List(options.Directory.Length > 0 ? options.Directory : ".").Value is not { } names) return;
        foreach (var name in names)
        {
            if (ProcessOf(name) is not { } process || process != world.Process.Id && IsAlive(world.Disk, process)) continue;
            if (world.Disk.Delete(options.PathOf(name)).Ok) log.LogInformation("Removed {File}, which a save that did not come to its end left behind.", name);
        }
    }

    /// <summary>The number in the name, or null: it is another file.</summary>
    private static int? ProcessOf(string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal) || !name.EndsWith(Suffix, StringComparison.Ordinal)) return null;
        var number = name[Prefix.Length..^Suffix.Length].Split('-')[0];
        return int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var process) ? process : null;
    }

    /// <summary>Where the system has no such directory, its file is as good as left behind.</summary>
    private static bool IsAlive(Disk disk, int process) => disk.DirectoryExists($"/proc/{process}");
}
