namespace Carnelian.Tests;

/// <summary>What tools ask about what is not there yet; the recorded scenario "questions" has the answers of Redis.</summary>
internal sealed class QuestionTests(RespVersion version) : CommandFixture(version)
{
    [Test]
    public void WAIT_for_replicas_lasts_until_its_time_is_over()
    {
        var client = Server.Blocked("WAIT", "1", "100");
        Server.AdvanceTime(99);
        Assert.That(client.Arrived(), Is.Empty);
        Server.AdvanceTime(2);
        Assert.That(client.Read(), Is.EqualTo(":0"));
    }

    [Test]
    public void CLIENT_UNBLOCK_ends_WAIT()
    {
        var client = Server.Blocked("WAITAOF", "0", "1", "0");
        Assert.That(Run("CLIENT", "UNBLOCK", $"{client.Served!.Id}"), Is.EqualTo(":1"));
        Assert.That(client.Read(), Is.EqualTo("[:0, :0]"));
        Assert.That(client.Run("PING"), Is.EqualTo("+PONG"));
    }

    [TestCase("REPLICAOF 127.0.0.1 6380"), TestCase("CLIENT TRACKING ON")]
    public void What_would_have_to_act_is_an_error(string request) => Assert.That(Run(request), Does.StartWith("-ERR ").And.EndsWith("is not there yet"));
}
