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

    [TestCase("SHUTDOWN WHAT", "-ERR syntax error"), TestCase("SHUTDOWN SAVE NOSAVE", "-ERR syntax error"), TestCase("SHUTDOWN ABORT NOW", "-ERR syntax error")]
    [TestCase("SHUTDOWN ABORT", "-ERR No shutdown in progress.")]
    public void What_makes_no_sense_does_not_stop_it(string request, string error)
    {
        using var server = new SimulatedServer();
        Assert.That(server.Run(request.Split(' ')), Is.EqualTo(error));
        Assert.That(server.Server.StopRequested, Is.False);
        Assert.That(server.Run("PING"), Is.EqualTo("+PONG"));
    }
}
