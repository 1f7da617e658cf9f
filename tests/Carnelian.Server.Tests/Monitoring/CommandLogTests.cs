namespace Carnelian.Tests;

/// <summary>COMMANDLOG: requests that took long, and large requests and replies.</summary>
internal sealed class CommandLogTests(RespVersion version) : CommandFixture(version)
{
    private (long Value, string Request)[] Entries(string type) =>
        [.. Server.Client.RunValue("COMMANDLOG", "GET", "-1", type).Items.Select(entry =>
            (long.Parse(entry.Items[2].Text!), string.Join(' ', entry.Items[3].Items.Select(argument => argument.Text))))];

    [Test]
    public void Large_requests_are_logged_with_their_bytes()
    {
        Run("CONFIG SET commandlog-request-larger-than 100");
        Run("ECHO", new string('x', 78));
        Run("ECHO", new string('y', 79));
        // *2, $4, ECHO and $79, each with its line's end.
        Assert.That(Entries("large-request"), Is.EqualTo(new[] { (100L, "ECHO " + new string('y', 79)) }));
        Assert.That(Run("COMMANDLOG LEN large-request"), Is.EqualTo(":1"));
        Assert.That(Run("COMMANDLOG RESET large-request"), Is.EqualTo("+OK"));
        Assert.That(Run("COMMANDLOG LEN large-request"), Is.EqualTo(":0"));
    }

    [Test]
    public void Large_replies_are_logged_with_their_bytes()
    {
        Run("SET", "k", new string('x', 93));
        Run("SET", "long", new string('x', 200_000));
        Run("CONFIG SET commandlog-reply-larger-than 100");
        Run("GET k");
        Run("STRLEN k");
        Run("GET long");
        Assert.That(Entries("large-reply"), Is.EqualTo(new[] { (200_011L, "GET long"), (100L, "GET k") }));
    }

    [Test]
    public void Long_arguments_that_lie_apart_are_seen_without_any_setting()
    {
        Run("SET", "k", new string('x', (1 << 20) - 50));
        Run("SET", "k", new string('x', 1 << 20));
        Assert.That(Run("COMMANDLOG LEN large-request"), Is.EqualTo(":1"));
        Run("GET k");
        Assert.That(Run("COMMANDLOG LEN large-reply"), Is.EqualTo(":1"));
    }

    [Test]
    public void The_slow_log_is_that_of_SLOWLOG()
    {
        Run("CONFIG SET commandlog-execution-slower-than 0");
        Run("ECHO x");
        Assert.That(Entries("slow")[0].Request, Is.EqualTo("ECHO x"));
        Assert.That(Run("COMMANDLOG RESET slow"), Is.EqualTo("+OK"));
        Run("CONFIG SET commandlog-execution-slower-than -1");
        Assert.That(Run("SLOWLOG LEN"), Is.EqualTo(Run("COMMANDLOG LEN slow")));
    }

    [Test]
    public void Each_log_has_its_length_and_can_be_off()
    {
        Run("CONFIG SET commandlog-reply-larger-than 0 commandlog-large-reply-max-len 2");
        for (var i = 0; i < 5; i++) Run("PING");
        Assert.That(Run("COMMANDLOG LEN large-reply"), Is.EqualTo(":2"));
        Run("COMMANDLOG RESET large-reply");
        Run("CONFIG SET commandlog-reply-larger-than -1");
        Run("COMMANDLOG RESET large-reply");
        Run("PING");
        Assert.That(Run("COMMANDLOG LEN large-reply"), Is.EqualTo(":0"));
    }

    [Test]
    public void Calls_of_a_transaction_are_logged_one_by_one()
    {
        Run("SET", "k", new string('x', 200));
        Run("CONFIG SET commandlog-reply-larger-than 200");
        foreach (var request in new[] { "MULTI", "GET k", "STRLEN k", "GET k" }) Run(request);
        Run("EXEC");
        Assert.That(Entries("large-reply").Select(entry => entry.Request), Is.EqualTo(new[] { "GET k", "GET k" }));
    }

    [TestCase("COMMANDLOG GET 1 nope", "-ERR type should be one of the following: slow, large-request, large-reply")]
    [TestCase("COMMANDLOG LEN nope", "-ERR type should be one of the following: slow, large-request, large-reply")]
    [TestCase("COMMANDLOG GET -2 slow", "-ERR count should be greater than or equal to -1")]
    public void Errors_are_those_of_Valkey(string request, string error) => Assert.That(Run(request), Is.EqualTo(error));
}
