using System.Text;

namespace Carnelian.Tests;

internal sealed class AuthenticationTests
{
    private static SimulatedServer WithPassword() => new(options => options.Password = "secret"u8.ToArray());

    [Test]
    public void Without_the_password_nothing_is_done_but_authenticating()
    {
        using var server = WithPassword();
        Assert.That(server.Run("PING"), Is.EqualTo("-NOAUTH Authentication required."));
        Assert.That(server.Run("SET", "k", "v"), Is.EqualTo("-NOAUTH Authentication required."));
        Assert.That(server.Run("HELLO", "3"), Does.StartWith("-NOAUTH HELLO must be called with the client already authenticated"));
        Assert.That(server.Run("AUTH", "wrong"), Is.EqualTo("-WRONGPASS invalid username-password pair or user is disabled."));
        Assert.That(server.Run("AUTH", "other", "secret"), Does.StartWith("-WRONGPASS"));
        Assert.That(server.Run("AUTH", "a", "b", "c"), Is.EqualTo("-ERR syntax error"));
        Assert.That(server.Run("AUTH", "secret"), Is.EqualTo("+OK"));
        Assert.That(server.Run("DBSIZE"), Is.EqualTo(":0"), "what was refused was not done");
    }

    [Test]
    public void HELLO_can_authenticate()
    {
        using var server = WithPassword();
        Assert.That(server.Run("HELLO", "3", "AUTH", "default", "wrong"), Does.StartWith("-WRONGPASS"));
        Assert.That(server.Run("HELLO", "3", "AUTH", "default", "secret", "SETNAME", "me"), Does.StartWith("{"));
        Assert.That(server.Run("CLIENT", "GETNAME"), Is.EqualTo("\"me\""));
    }

    [Test]
    public void AUTH_in_a_pipeline_opens_the_gate_for_what_follows()
    {
        using var server = WithPassword();
        var large = new string('x', 20_000);
        server.Client.SendRaw([.. TestClient.Request("PING"), .. TestClient.Request("AUTH", "secret"), .. TestClient.Request("SET", "k", large), .. TestClient.Request("STRLEN", "k")]);
        Assert.That(server.Client.Read(4), Is.EqualTo(new[] { "-NOAUTH Authentication required.", "+OK", "+OK", ":20000" }));
    }

    /// <summary>As StackExchange.Redis begins: more is answered in one read than who has not authenticated may leave unread.</summary>
    [TestCase("AUTH secret", "INFO everything"), TestCase("HELLO 3 AUTH default secret", "INFO everything"), TestCase("AUTH secret", "CONFIG GET *")]
    public void The_limits_of_who_is_not_authenticated_end_with_AUTH_in_the_midst_of_a_read(string authenticate, string request)
    {
        using var server = WithPassword();
        server.Client.SendRaw($"{authenticate}\r\n{request}\r\n{string.Concat(Enumerable.Repeat("PING\r\n", 150))}");
        Assert.That(server.Client.Read(), Does.Not.StartWith("-"));
        Assert.That(server.Client.Read(), Has.Length.GreaterThan(3000));
        Assert.That(server.Client.Read(150), Is.All.EqualTo("+PONG"));
    }

    [Test]
    public void Refusals_of_one_read_are_answered_as_far_as_the_reply_buffer_of_Redis_holds_them()
    {
        using var server = WithPassword();
        server.Client.SendRaw(string.Concat(Enumerable.Repeat("PING\r\n", 50)));
        Assert.That(server.Client.Read(50), Is.All.EqualTo("-NOAUTH Authentication required."));
    }

    /// <summary>What a request changes of what the next ones may be holds for the next one, whatever was parsed ahead.</summary>
    [Test]
    public void Limits_are_those_of_the_request_that_is_next()
    {
        using var server = WithPassword();
        server.Client.SendRaw([.. TestClient.Request("AUTH", "secret"), .. TestClient.Request("CONFIG", "SET", "proto-max-bulk-len", "1mb"),
            .. Encoding.ASCII.GetBytes("*2\r\n$4\r\nECHO\r\n$2000000\r\n")]);
        Assert.That(server.Client.Read(2), Is.All.EqualTo("+OK"));
        Assert.That(server.Client.ReadToEnd(), Is.EqualTo("-ERR Protocol error: invalid bulk length\r\n"));
        var leaver = server.Connect();
        leaver.SendRaw([.. TestClient.Request("AUTH", "secret"), .. TestClient.Request("PING"), .. TestClient.Request("RESET"), .. Encoding.ASCII.GetBytes("*11\r\n")]);
        Assert.That(leaver.Read(3), Is.EqualTo(new[] { "+OK", "+PONG", "+RESET" }));
        Assert.That(leaver.ReadToEnd(), Is.EqualTo("-ERR Protocol error: unauthenticated multibulk length\r\n"));
    }

    [Test]
    public void A_wrong_password_is_answered_behind_other_replies()
    {
        using var server = WithPassword();
        server.Client.SendRaw([.. TestClient.Request("AUTH", "secret"), .. TestClient.Request("AUTH", "wrong"), .. TestClient.Request("HELLO", "3", "AUTH", "default", "wrong"), .. TestClient.Request("PING")]);
        const string refusal = "-WRONGPASS invalid username-password pair or user is disabled.";
        Assert.That(server.Client.Read(4), Is.EqualTo(new[] { "+OK", refusal, refusal, "+PONG" }));
    }

    [TestCase("*11\r\n", "unauthenticated multibulk length"), TestCase("*2\r\n$3\r\nGET\r\n$16385\r\n", "unauthenticated bulk length")]
    public void Who_is_not_authenticated_may_not_send_much(string request, string error)
    {
        using var server = WithPassword();
        server.Client.SendRaw(request);
        Assert.That(server.Client.ReadToEnd(), Is.EqualTo($"-ERR Protocol error: {error}\r\n"));
    }

    [Test]
    public void What_is_just_allowed_is_allowed()
    {
        using var server = WithPassword();
        var request = new string[10];
        Array.Fill(request, "x");
        request[0] = "MGET";
        request[9] = new string('x', 16384);
        Assert.That(server.Run(request), Does.StartWith("-NOAUTH"));
    }

    [Test]
    public void A_password_set_later_holds_for_new_connections()
    {
        using var server = new SimulatedServer();
        Assert.That(server.Run("AUTH", "x"), Does.StartWith("-ERR AUTH <password> called without any password configured"));
        Assert.That(server.Run("AUTH", "default", "anything"), Is.EqualTo("+OK"));
        Assert.That(server.Run("CONFIG", "SET", "requirepass", "later"), Is.EqualTo("+OK"));
        Assert.That(server.Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(server.Connect().Run("PING"), Does.StartWith("-NOAUTH"));
    }

    [Test]
    public void Refused_requests_count_as_rejected()
    {
        using var server = WithPassword();
        server.Run("GET", "k");
        server.Run("AUTH", "secret");
        Assert.That(server.Run("INFO", "commandstats"), Does.Contain("cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0"));
    }

    [Test]
    public void Who_is_not_authenticated_may_not_leave_replies_unread()
    {
        using var server = WithPassword();
        var client = server.Connect();
        client.Peer.Paused = true;
        var before = server.Server.Allocator.PeakUsedBytes;
        for (var i = 0; i < 10_000; i++) client.SendRaw("PING\r\n");
        server.TurnUntil(() => server.Server.Statistics.OutputBufferLimitDisconnections == 1);
        Assert.That(server.Server.Allocator.PeakUsedBytes - before, Is.LessThan(200_000));
    }

    [Test]
    public void A_password_taken_away_lets_everybody_in()
    {
        using var server = WithPassword();
        var other = server.Connect();
        Assert.That(other.Run("PING"), Does.StartWith("-NOAUTH"));
        server.Run("AUTH", "secret");
        server.Run("CONFIG", "SET", "requirepass", "");
        Assert.That(other.Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(other.Run("DEL", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"), Is.EqualTo(":0"), "and to send what they like");
    }
}
