namespace Carnelian.Tests;

internal sealed class ShutdownTests
{
    [TestCase("SHUTDOWN"), TestCase("SHUTDOWN NOSAVE"), TestCase("SHUTDOWN SAVE NOW FORCE")]
    public void Shutdown_closes_without_a_reply_and_stops_the_server(string request)
    {
        using var server = new SimulatedServer();
        var other = server.Connect();
        other.Send("SET", "k", "v");
        server.Client.SendRaw([.. TestClient.Request("PING"), .. TestClient.Request(request.Split(' ')), .. TestClient.Request("PING")]);
        server.Server.Run();
        Assert.That(server.Server.StopRequested);
        Assert.That(other.Read(), Is.EqualTo("+OK"));
        Assert.That(server.Client.ReadToEnd(), Is.AnyOf("", "+PONG\r\n"), "nothing is said to it after SHUTDOWN");
    }

    [Test]
    public void A_snapshot_that_can_not_be_saved_keeps_the_server_running()
    {
        using var server = new SimulatedServer();
        server.World.Disk.FreeBytes = 0;
        Assert.That(server.Run("SHUTDOWN", "SAVE"), Is.EqualTo("-ERR Errors trying to SHUTDOWN. Check logs."));
        Assert.That(server.Server.StopRequested, Is.False);
        Assert.That(server.Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void A_signal_ends_the_server_as_configured()
    {
        using var server = new SimulatedServer();
        var refused = 0;
        server.World.Disk.FreeBytes = 0;
        Assert.That(server.Run("CONFIG", "SET", "shutdown-on-sigterm", "save"), Is.EqualTo("+OK"));
        server.Server.RequestShutdown(options => options.ShutdownOnTermination, () => refused++);
        server.TurnUntil(() => refused == 1);
        Assert.That(server.Server.StopRequested, Is.False);
        Assert.That(server.Run("CONFIG", "SET", "shutdown-on-sigterm", "save force"), Is.EqualTo("+OK"));
        server.Server.RequestShutdown(options => options.ShutdownOnTermination, () => refused++);
        server.TurnUntil(() => server.Server.StopRequested);
        Assert.That(refused, Is.EqualTo(1));
    }

    [TestCase("SHUTDOWN WHAT", "-ERR syntax error"), TestCase("SHUTDOWN SAVE NOSAVE", "-ERR syntax error"), TestCase("SHUTDOWN ABORT NOW", "-ERR syntax error")]
    [TestCase("SHUTDOWN ABORT", "-ERR No shutdown in progress.")]
    public void What_makes_no_sense_does_not_stop_it(string request, string error)
    {
        using var server = new SimulatedServer();
        Assert.That(server.Run(request.Split(' ')), Is.EqualTo(error));
        Assert.That(server.Server.StopRequested, Is.False);
        Assert.That(server.Run("PING"), Is.EqualTo("+PONG"));
    }

    [TestCase("SHUTDOWN", false, false), TestCase("SHUTDOWN", true, true), TestCase("SHUTDOWN SAVE", false, true), TestCase("SHUTDOWN NOSAVE", true, false)]
    public void What_is_to_be_saved_is_saved_and_found_by_the_next_one(string request, bool hasSavePoints, bool saves)
    {
        SimulatedServer.SkipUnlessInline("what a killed process was handing over is counted as lost memory");
        using var server = new SimulatedServer(options => options.Persistence.SavePoints = hasSavePoints ? [new(3600, 1)] : []);
        server.Run("SET", "k", "v");
        server.Client.Send(request.Split(' '));
        server.Server.Run();
        using var next = server.Restart();
        next.TurnUntil(() => !next.Server.Loading.IsOn);
        Assert.That(next.Run("GET", "k"), Is.EqualTo(saves ? "\"v\"" : "nil"));
    }

    [Test]
    public void A_save_that_goes_on_in_the_background_does_not_overwrite_the_last_one()
    {
        using var server = new SimulatedServer();
        server.Run("SET", "k", "old");
        server.Run("BGSAVE");
        server.Run("SET", "k", "new");
        server.Client.Send("SHUTDOWN", "SAVE");
        server.Server.Run();
        server.World.Advance(100);
        using var next = server.Restart();
        next.TurnUntil(() => !next.Server.Loading.IsOn);
        Assert.That(next.Run("GET", "k"), Is.EqualTo("\"new\""));
    }
}
