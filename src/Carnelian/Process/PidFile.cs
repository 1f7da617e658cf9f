using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>Tells others which process the server is. Best effort: a server that can't write it serves nevertheless.</summary>
internal sealed class PidFile
{
    private const string Default = "/var/run/redis.pid";

    private readonly string _path;
    private readonly ILogger _log;

    private PidFile(string path, ILogger log) => (_path, _log) = (path, log);

    public static PidFile Write(ServerOptions options, int processId, ILogger log)
    {
        options.PidFile ??= Default;
        try
        {
            File.WriteAllText(options.PidFile, $"{processId}\n");
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            log.LogWarning("Failed to write PID file: {Error}", DiskTrouble.StatusOf(e).Error);
        }
        return new(options.PidFile, log);
    }

    public void Remove()
    {
        try
        {
            File.Delete(_path);
        }
        catch (Exception e) when (DiskTrouble.Is(e))
        {
            _log.LogWarning("Can't remove the pid file: {Error}", DiskTrouble.StatusOf(e).Error);
        }
    }
}
