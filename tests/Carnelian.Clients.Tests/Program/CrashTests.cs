using System.Diagnostics;
using System.Net.Sockets;

namespace Carnelian.Tests;

/// <summary>The program really ends by the signal that would have ended Redis, and its log holds the report.</summary>
public class CrashTests
{
    private const int Abort = 6, Fault = 11, Alarm = 14;

    [TestCase("SEGFAULT", 128 + Fault, "crashed by signal: 11, si_code: 2")]
    [TestCase("ASSERT", 128 + Abort, "=== ASSERTION FAILED ===")]
    [TestCase("PANIC", 128 + Abort, "Guru Meditation: DEBUG PANIC")]
    public void A_crash_leaves_a_report_and_the_status_of_its_signal(string subcommand, int status, string cause)
    {
        using var server = Start(out var port);
        ChildProcess.Run(ClientPrograms.RedisCli(), ["-p", $"{port}", "DEBUG", subcommand]);
        var outcome = server.WaitForExit();
        Assert.That(outcome.Status, Is.EqualTo(status), outcome.Everything);
        Assert.That(outcome.Output, Does.Contain("=== REDIS BUG REPORT START").And.Contain(cause).And.Contain("=== REDIS BUG REPORT END"));
        Assert.That(outcome.Output, Does.Contain("at Carnelian.DebugCommands.Debug(").And.Contain("redis_version:").And.Contain($"argv[1]: '\"{subcommand}\"'"));
        if (subcommand == "SEGFAULT") Assert.That(outcome.Output, Does.Contain("------ REGISTERS ------").And.Contain("Accessing address: 0x"));
    }

    [Test]
    public void A_defect_ends_with_status_1_where_that_is_asked_for()
    {
        using var server = Start(out var port, "--use-exit-on-panic", "yes");
        ChildProcess.Run(ClientPrograms.RedisCli(), ["-p", $"{port}", "DEBUG", "ASSERT"]);
        var outcome = server.WaitForExit();
        Assert.That(outcome.Status, Is.EqualTo(1), outcome.Everything);
        Assert.That(outcome.Output, Does.Contain("=== REDIS BUG REPORT END"));
    }

    [Test]
    public void An_abort_from_outside_is_reported_even_while_a_command_hangs()
    {
        using var server = Start(out var port);
        using var client = new TcpClient("127.0.0.1", port);
        // What the log says of the first request says that the second is being run, or will be before any other.
        client.GetStream().Write("DEBUG LOG here\r\nDEBUG SLEEP 3600\r\n"u8);
        server.WaitForOutput("DEBUG LOG: here");
        server.Signal(Alarm);
        server.WaitForOutput("Received SIGALRM");
        server.WaitForOutput("Running a request of");
        Assert.That(server.HasExited, Is.False);
        server.Signal(Abort);
        var outcome = server.WaitForExit();
        Assert.That(outcome.Status, Is.EqualTo(128 + Abort));
        Assert.That(outcome.Output, Does.Contain("crashed by signal: 6, si_code: 0").And.Contain("=== REDIS BUG REPORT END"));
    }

    private static ChildProcess Start(out int port, params string[] options)
    {
        port = LoopbackPort.Claim();
        string[] arguments = ["server", "--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--enable-debug-command", "local", .. options];
        var child = new ChildProcess(new ProcessStartInfo(CarnelianServer.Program, arguments));
        child.WaitForOutput("Ready to accept connections tcp");
        return child;
    }
}
