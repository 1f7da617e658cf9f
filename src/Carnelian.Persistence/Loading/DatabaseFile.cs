using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>Loads the server's RDB file.</summary>
public sealed class DatabaseFile(World world, Keyspace keyspace, RdbSaves saves, Dumps dumps, DataLoading loading, ILogger log)
{
    /// <summary>Opens it to be loaded by <see cref="DataLoading"/>.</summary>
    /// <param name="load">Null: there is no such file.</param>
    /// <param name="overwrites">Keys that there are already; see <see cref="RdbLoader.Overwrites"/>.</param>
    /// <param name="elsewhere">The path of another file, which must be there.</param>
    /// <returns>Why it can't be read, or null.</returns>
    public string? TryOpen(out RdbLoad? load, bool overwrites = false, string? elsewhere = null)
    {
        load = null;
        var options = saves.Options;
        var path = elsewhere ?? options.PathOf(options.DatabaseFile);
        if (elsewhere is null && !world.Disk.FileExists(path) && !world.Disk.DirectoryExists(path)) return null;
        var opened = world.Disk.Open(path, DiskOpenMode.Read);
        // A link that leads nowhere is no file.
        if (elsewhere is null && opened.Status.Name is "ENOENT") return null;
        if (opened.Value is not { } file)
        {
            log.LogWarning("Fatal error: can't open the RDB file {File} for reading: {Error}", elsewhere ?? options.DatabaseFile, opened.Status.Error);
            return opened.Status.Error;
        }
        load = new(world, file, new(keyspace) { Overwrites = overwrites, Settings = dumps.Settings, PassedOver = TellPassedOver }, log, options.SumsDatabase && dumps.ChecksChecksums,
            dumps.Settings.UnknownModules);
        return null;
    }

    private void TellPassedOver(string key, RdbOutcome outcome)
    {
        if (outcome == RdbOutcome.Empty) log.LogInformation("rdbLoadObject skipping empty key: {Key}", key);
        else log.LogWarning("Passed over the key '{Key}', whose value is of a module's type that is not known", key);
    }

    /// <summary>Notes what came with the keys of a file that was loaded.</summary>
    public void Keep(RdbLoad load)
    {
        saves.Functions = load.Loader.Functions;
        loading.KeysLoaded = load.Loader.KeysLoaded;
        loading.KeysExpired = load.Loader.KeysExpired;
    }
}
