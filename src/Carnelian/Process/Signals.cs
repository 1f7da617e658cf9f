using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// SIGTERM and SIGINT end the server between two requests; a second SIGINT while that goes on ends it at once. The end of a
/// terminal's session does not concern it. Others act as the system has them.
/// </summary>
internal sealed class Signals : IDisposable
{
    private readonly Server _server;
    private readonly RedisLogger _log;
    private readonly PosixSignalRegistration[] _registrations;
    private volatile bool _isEnding;

    public Signals(Server server, RedisLogger log)
    {
        (_server, _log) = (server, log);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, "SIGINT", options => options.ShutdownOnInterrupt)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, "SIGTERM", options => options.ShutdownOnTermination)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true),
        ];
    }

    public void Dispose()
    {
        foreach (var registration in _registrations) registration.Dispose();
    }

    private void End(PosixSignalContext context, string name, Func<ServerOptions, ShutdownFlags> flags)
    {
        context.Cancel = true;
        if (_isEnding && context.Signal == PosixSignal.SIGINT)
        {
            _log.FromSignal("You insist... exiting now.");
            Environment.Exit(1);
        }
        _log.FromSignal($"Received {name} scheduling shutdown...");
        _isEnding = true;
        _server.RequestShutdown(flags, refused: () => _isEnding = false);
    }
}
