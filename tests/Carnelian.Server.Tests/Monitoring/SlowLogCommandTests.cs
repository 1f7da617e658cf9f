namespace Carnelian.Tests;

internal sealed class SlowLogCommandTests(RespVersion version) : CommandFixture(version)
{
    private string[] Requests() =>
        [.. Server.Client.RunValue("SLOWLOG", "GET", "-1").Items.Select(entry => string.Join(' ', entry.Items[3].Items.Select(argument => argument.Text)))];

    [Test]
    public void Entries_tell_who_asked_what_and_when()
    {
        Run("CLIENT SETNAME me");
        Run("CONFIG SET slowlog-log-slower-than 0");
        Run("ECHO hello");
        var entry = Server.Client.RunValue("SLOWLOG", "GET", "1").Items.Single().Items;
        Assert.That(entry, Has.Length.EqualTo(6));
        Assert.That(long.Parse(entry[1].Text!), Is.EqualTo(Server.Server.NowMs / 1000).Within(1));
        Assert.That(TestReply.Show(entry[3]), Is.EqualTo("[\"ECHO\", \"hello\"]"));
        Assert.That(entry[4].Text, Is.EqualTo(Server.Client.Peer.LocalAddress));
        Assert.That(entry[5].Text, Is.EqualTo("me"));
    }

    [Test]
    public void As_many_are_shown_as_are_asked_for_newest_first()
    {
        Run("CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 20");
        for (var i = 0; i < 30; i++) Run("ECHO", $"{i}");
        Assert.That(Run("SLOWLOG LEN"), Is.EqualTo(":20"));
        Run("CONFIG SET slowlog-log-slower-than -1");
        Assert.That(Server.Client.RunValue("SLOWLOG", "GET").Items, Has.Length.EqualTo(10));
        Assert.That(Server.Client.RunValue("SLOWLOG", "GET", "0").Items, Is.Empty);
        Assert.That(Requests()[1], Is.EqualTo("ECHO 29"));
        Assert.That(Run("SLOWLOG GET -2"), Is.EqualTo("-ERR count should be greater than or equal to -1"));
        Assert.That(Run("SLOWLOG GET x"), Is.EqualTo("-ERR count should be greater than or equal to -1"));
        Assert.That(Run("SLOWLOG RESET"), Is.EqualTo("+OK"));
        Assert.That(Run("SLOWLOG LEN"), Is.EqualTo(":0"));
    }

    [Test]
    public void A_length_of_0_logs_nothing_and_a_shorter_one_drops_the_oldest()
    {
        Run("CONFIG SET slowlog-log-slower-than 0");
        for (var i = 0; i < 5; i++) Run("PING");
        Run("CONFIG SET slowlog-max-len 3");
        Assert.That(Run("SLOWLOG LEN"), Is.EqualTo(":3"));
        Run("SLOWLOG RESET");
        Run("CONFIG SET slowlog-max-len 0");
        Run("PING");
        Assert.That(Run("SLOWLOG LEN"), Is.EqualTo(":0").Or.EqualTo(":1"), "the reset itself");
    }

    [Test]
    public void Secrets_are_not_shown()
    {
        Run("CONFIG SET slowlog-log-slower-than 0");
        Run("SLOWLOG RESET");
        Run("AUTH password");
        Run("AUTH user password");
        Run("HELLO 3 AUTH user password SETNAME me");
        Run("CONFIG SET requirepass password timeout 5");
        Run("CONFIG SET nonsense 1 requirepass password");
        Run("CONFIG SET slowlog-log-slower-than -1");
        Assert.That(Requests().Reverse(), Is.EqualTo(new[]
        {
            "SLOWLOG RESET", "AUTH (redacted)", "AUTH (redacted) (redacted)", "HELLO 3 AUTH (redacted) (redacted) SETNAME me",
            "CONFIG SET requirepass (redacted) timeout 5", "CONFIG SET nonsense 1 requirepass (redacted)",
        }));
    }
}
