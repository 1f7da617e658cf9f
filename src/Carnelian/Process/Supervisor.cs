using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// The service manager that started the server and wants to hear how it fares: systemd, by datagrams to the socket that
/// NOTIFY_SOCKET names (sd_notify(3)), or upstart, which waits for the process to stop itself.
/// </summary>
internal sealed class Supervisor
{
    private const string SystemdVariable = "NOTIFY_SOCKET", UpstartVariable = "UPSTART_JOB";

    private readonly string? _socket;
    private readonly ILogger _log;

    private Supervisor(string? socket, ILogger log) => (_socket, _log) = (socket, log);

    /// <returns>Null when nobody supervises the server.</returns>
    public static Supervisor? Find(ServerOptions options, ILogger log)
    {
        if (options.Supervised == SupervisedMode.Auto) options.Supervised = Detect(log);
        return options.Supervised switch
        {
            SupervisedMode.Systemd => Systemd(log),
            SupervisedMode.Upstart => Upstart(log),
            _ => null,
        };
    }

    public void Ready()
    {
        Tell("STATUS=Ready to accept connections\n");
        Tell("READY=1\n");
    }

    public void Stopping() => Tell("STOPPING=1\n");

    private static SupervisedMode Detect(ILogger log)
    {
        if (Environment.GetEnvironmentVariable(UpstartVariable) is not null)
        {
            log.LogDebug("Upstart supervision detected.");
            return SupervisedMode.Upstart;
        }
        if (Environment.GetEnvironmentVariable(SystemdVariable) is null) return SupervisedMode.Auto;
        log.LogDebug("Systemd supervision detected.");
        return SupervisedMode.Systemd;
    }

    private static Supervisor? Systemd(ILogger log)
    {
        if (Environment.GetEnvironmentVariable(SystemdVariable) is not { Length: > 1 } socket)
        {
            log.LogWarning("systemd supervision error: NOTIFY_SOCKET not found!");
            return null;
        }
        var supervisor = new Supervisor(socket, log);
        if (!supervisor.Tell("STATUS=Redis is loading...\n")) return null;
        log.LogInformation("Supervised by systemd. Please make sure you set appropriate values for TimeoutStartSec and TimeoutStopSec in your service unit.");
        return supervisor;
    }

    private static Supervisor? Upstart(ILogger log)
    {
        if (Environment.GetEnvironmentVariable(UpstartVariable) is null)
        {
            log.LogWarning("upstart supervision requested, but UPSTART_JOB not found!");
            return null;
        }
        log.LogInformation("supervised by upstart, will stop to signal readiness.");
        Daemon.StopSelf();
        Environment.SetEnvironmentVariable(UpstartVariable, null);
        return new(null, log);
    }

    private bool Tell(string message)
    {
        if (_socket is null) return true;
        try
        {
            // A name that begins with '@' is one in Linux' abstract namespace.
            var path = _socket[0] == '@' ? "\0" + _socket[1..] : _socket;
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(message), new UnixDomainSocketEndPoint(path));
            return true;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            _log.LogWarning("systemd supervision error: sd_notify: {Error}", e.Message);
            return false;
        }
    }
}
