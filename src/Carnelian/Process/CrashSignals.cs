using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// What happens to the program beside the command thread: SIGABRT from outside ends it with a report, SIGALRM asks what it is doing, and an exception
/// on any other thread is a defect as well.
/// </summary>
internal sealed class CrashSignals : IDisposable
{
    private const int SIGABRT = 6, SIGALRM = 14;

    /// <summary>Only the command thread may look at its state; who does not answer within this hangs, and is looked at from outside.</summary>
    private const int PatienceMs = 100;

    private readonly Server _server;
    private readonly RedisLogger _log;
    private readonly List<PosixSignalRegistration> _registrations = [];

    public CrashSignals(Server server, RedisLogger log)
    {
        _server = server;
        _log = log;
        AppDomain.CurrentDomain.UnhandledException += OnUnhandled;
        if (OperatingSystem.IsWindows()) return;
        if (server.Options.CrashLogEnabled) Register(SIGABRT, OnAbort);
        Register(SIGALRM, OnAlarm);
    }

    private void Register(int signal, Action action) => _registrations.Add(PosixSignalRegistration.Create((PosixSignal)signal, context =>
    {
        context.Cancel = true;
        action();
    }));

    private void OnAbort()
    {
        AskCommandThread(() => _server.Crash.WriteKilled(SIGABRT));
        _server.World.Process.Abort();
    }

    private void OnAlarm()
    {
        _log.Raw("\nReceived SIGALRM\n");
        AskCommandThread(() => _log.LogWarning("{Activity}", _server.Crash.Activity()));
        _log.Raw("--------\n");
    }

    private void AskCommandThread(Action action)
    {
        using var done = new ManualResetEventSlim();
        var taken = 0;
        _server.Post(RunOnce);
        if (!done.Wait(PatienceMs)) RunOnce();
        done.Wait();

        void RunOnce()
        {
            if (Interlocked.Exchange(ref taken, 1) != 0) return;
            try
            {
                action();
            }
            finally
            {
                done.Set();
            }
        }
    }

    private void OnUnhandled(object sender, UnhandledExceptionEventArgs args)
    {
        if (args.ExceptionObject is Exception defect) _server.Die(defect);
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.UnhandledException -= OnUnhandled;
        foreach (var registration in _registrations) registration.Dispose();
    }
}
