using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// SIGTERM and SIGINT end the server between two requests; a second SIGINT while that goes on ends it at once. The end of a
/// terminal's session does not concern it, nor does SIGUSR2, by which Redis asks its threads for their stacks: who sends it must not
/// end the server. Others act as the system has them, as with Redis.
/// </summary>
internal sealed class Signals : IDisposable
{
    private const int LinuxUser2 = 12, AppleUser2 = 31;

    private readonly Server _server;
    private readonly RedisLogger _log;
    private readonly List<PosixSignalRegistration> _registrations;
    private volatile bool _isEnding;

    public Signals(Server server, RedisLogger log)
    {
        (_server, _log) = (server, log);
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => End(context, "SIGINT", options => options.ShutdownOnInterrupt)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => End(context, "SIGTERM", options => options.ShutdownOnTermination)),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, Ignore),
        ];
        if (OperatingSystem.IsWindows()) return;
        _registrations.Add(PosixSignalRegistration.Create((PosixSignal)(OperatingSystem.IsLinux() ? LinuxUser2 : AppleUser2), Ignore));
    }

    private static void Ignore(PosixSignalContext context) => context.Cancel = true;

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
