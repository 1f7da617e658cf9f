namespace Carnelian.Tests;

/// <summary>The watchdog: what holds the loop for too long is told while it does.</summary>
internal sealed class WatchdogTests
{
    private LogLines _log = null!;

    private SimulatedServer Start(string period)
    {
        _log = new();
        var server = new SimulatedServer(options => options.DebugCommand = ProtectedAction.Yes, logger: _log);
        Assert.That(server.Run("CONFIG", "SET", "watchdog-period", period), Is.EqualTo("+OK"));
        return server;
    }

    private string[] Told => [.. _log.Text.Split('\n').Where(line => line.StartsWith("Watchdog", StringComparison.Ordinal))];

    [Test]
    public void A_command_that_holds_the_loop_is_told_while_it_does_and_when_it_has_ended()
    {
        using var server = Start("400");
        server.Run("DEBUG", "SLEEP", "2");
        Assert.That(Told, Is.EqualTo(new[]
        {
            "Watchdog: the loop has been held up for 400 ms, at present by debug: nobody is answered meanwhile.", "Watchdog: the loop goes on after 2000 ms.",
        }));
    }

    [Test]
    public void Within_a_transaction_the_innermost_is_told()
    {
        using var server = Start("400");
        foreach (var request in new[] { "MULTI", "PING", "DEBUG SLEEP 1", "EXEC" }) server.Run(request.Split(' '));
        Assert.That(Told[0], Does.Contain("for 400 ms, at present by debug:"));
        Assert.That(Told[1], Does.EndWith("goes on after 1000 ms."));
    }

    [Test]
    public void Work_between_requests_is_told_too()
    {
        using var server = Start("400");
        server.Server.Post(() => server.World.Clock.Block(1_000_000));
        server.Run("PING");
        Assert.That(Told, Is.EqualTo(new[]
        {
            "Watchdog: the loop has been held up for 400 ms, at present by work between requests: nobody is answered meanwhile.", "Watchdog: the loop goes on after 1000 ms.",
        }));
    }

    [Test]
    public void What_is_quick_enough_is_not_told()
    {
        using var server = Start("400");
        for (var i = 0; i < 5; i++) server.Run("DEBUG", "SLEEP", "0.3");
        Assert.That(Told, Is.Empty);
    }

    [Test]
    public void The_period_is_at_least_two_rounds_of_background_work_and_0_turns_it_off()
    {
        using var server = Start("1");
        Assert.That(server.Run("CONFIG", "GET", "watchdog-period"), Does.Contain("\"200\""));
        Assert.That(server.Server.Executor.ClosedGates, Is.EqualTo(Gates.Watchdog));
        server.Run("CONFIG", "SET", "watchdog-period", "0");
        Assert.That(server.Server.Executor.ClosedGates, Is.EqualTo(Gates.None));
        server.Run("DEBUG", "SLEEP", "2");
        Assert.That(Told, Is.Empty);
    }

    /// <summary>By a thread of the machine, too.</summary>
    [Test]
    public void A_real_thread_looks_and_ends()
    {
        using var world = new RealWorld();
        using var looked = new CountdownEvent(3);
        using (world.Watch(1, () => { if (!looked.IsSet) looked.Signal(); })) Assert.That(looked.Wait(Patience.OfPrograms), Is.True);
    }
}
