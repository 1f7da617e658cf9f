namespace Carnelian.Tests;

/// <summary>Clients that wait for entries of streams.</summary>
internal sealed class BlockingStreamTests(RespVersion version) : CommandFixture(version)
{
    private TestClient Waiting(string words)
    {
        var client = Server.Connect();
        if (IsResp3) client.Run("HELLO", "3");
        client.Send(words.Split(' '));
        Server.TurnUntil(() => client.Served?.Blocked is not null);
        return client;
    }

    private string Read(string key, string entry) => IsResp3 ? $"{{\"{key}\": [{entry}]}}" : $"[[\"{key}\", [{entry}]]]";

    /// <summary>As in Redis: who reads is not run again by anything but what is added, so that another stream's new type goes unnoticed until then.</summary>
    [TestCase("PEXPIRE s 100000"), TestCase("XTRIM s MAXLEN 0"), TestCase("XDEL s 1-1"), TestCase("XSETID s 9-9")]
    public void Only_what_is_added_wakes_a_reader(string request)
    {
        Run("XADD s 1-1 f v");
        var client = Waiting("XREAD BLOCK 0 STREAMS other s $ $");
        Run("SET other x");
        Run(request);
        Assert.That(client.Served!.Blocked, Is.Not.Null);
        Run("XADD s 10-1 f v");
        Assert.That(client.Read(), Does.StartWith("-WRONGTYPE"));
    }

    [Test]
    public void All_who_wait_get_the_entry()
    {
        var first = Waiting("XREAD BLOCK 0 STREAMS other s 0 0");
        var second = Waiting("XREAD BLOCK 0 STREAMS s $");
        Run("XADD s 1-1 a 1");
        var expected = Read("s", "[\"1-1\", [\"a\", \"1\"]]");
        Assert.That(first.Read(), Is.EqualTo(expected));
        Assert.That(second.Read(), Is.EqualTo(expected));
    }

    [Test]
    public void The_last_id_is_the_one_there_was_when_the_waiting_began()
    {
        Run("XADD s 1-1 a 1");
        Run("XADD t 5-5 a 1");
        var client = Waiting("XREAD COUNT 2 BLOCK 0 STREAMS s t missing $ $ $");
        Run("XDEL s 1-1");
        Run("XSETID s 7");
        Assert.That(client.Served?.Blocked, Is.Not.Null);
        Run("XADD t 6-6 b 2");
        Assert.That(client.Read(), Is.EqualTo(Read("t", "[\"6-6\", [\"b\", \"2\"]]")));
        client = Waiting("XREAD BLOCK 0 STREAMS missing $");
        Run("XADD missing 1-1 a 1");
        Assert.That(client.Read(), Is.EqualTo(Read("missing", "[\"1-1\", [\"a\", \"1\"]]")));
    }

    [Test]
    public void An_entry_that_is_not_beyond_the_id_does_not_end_the_waiting()
    {
        var client = Waiting("XREAD BLOCK 0 STREAMS s 5");
        Run("XADD s 4-1 a 1");
        Run("DEL s");
        Run("SET s string");
        Run("DEL s");
        Assert.That(client.Served?.Blocked, Is.Not.Null);
        Run("XADD s 5-1 a 1");
        Assert.That(client.Read(), Is.EqualTo(Read("s", "[\"5-1\", [\"a\", \"1\"]]")));
    }

    [Test]
    public void A_stream_that_is_named_twice_is_answered_twice()
    {
        Run("XADD s 1-1 a 1");
        var client = Waiting("XREAD BLOCK 0 STREAMS s s $ $");
        Run("XADD s 1-2 a 2");
        const string entries = "\"s\", [[\"1-2\", [\"a\", \"2\"]]]";
        Assert.That(client.Read(), Is.EqualTo(IsResp3 ? $"{{{entries.Replace("\"s\",", "\"s\":")}, {entries.Replace("\"s\",", "\"s\":")}}}" : $"[[{entries}], [{entries}]]"));
    }

    [Test]
    public void After_the_timeout_there_is_nothing()
    {
        var client = Waiting("XREAD BLOCK 100 STREAMS s $");
        Server.AdvanceTime(100);
        Assert.That(client.Read(), Is.EqualTo("nil"));
    }
}
