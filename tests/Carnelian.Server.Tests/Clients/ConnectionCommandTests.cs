namespace Carnelian.Tests;

internal sealed class ConnectionCommandTests(RespVersion version) : CommandFixture(version)
{
    [Test]
    public void Ping_and_echo_answer_what_they_get()
    {
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(Run("PING hello"), Is.EqualTo("\"hello\""));
        Assert.That(Run("PING a b"), Is.EqualTo("-ERR wrong number of arguments for 'ping' command"));
        Assert.That(Run("ECHO", "two words"), Is.EqualTo("\"two words\""));
    }

    [Test]
    public void Databases_are_apart()
    {
        Run("SET k zero");
        Assert.That(Run("SELECT 1"), Is.EqualTo("+OK"));
        Assert.That(Run("GET k"), Is.EqualTo("nil"));
        Assert.That(Run("SELECT 16"), Is.EqualTo("-ERR DB index is out of range"));
        Assert.That(Run("SELECT -1"), Is.EqualTo("-ERR DB index is out of range"));
        Assert.That(Run("SELECT x"), Is.EqualTo("-ERR value is not an integer or out of range"));
        Run("SET k one");
        Run("SELECT 0");
        Assert.That(Run("GET k"), Is.EqualTo("\"zero\""));
    }

    [Test]
    public void Unknown_commands_are_named()
    {
        Assert.That(Run("NONSENSE a b"), Is.EqualTo("-ERR unknown command 'NONSENSE', with args beginning with: 'a' 'b' "));
        Assert.That(Run("CLIENT NONSENSE"), Is.EqualTo("-ERR unknown subcommand 'NONSENSE'. Try CLIENT HELP."));
        Assert.That(Run("SLOWLOG", "GET", "1", new string('x', 3)), Is.EqualTo("-ERR unknown subcommand or wrong number of arguments for 'GET'. Try SLOWLOG HELP."));
        Assert.That(Run("GET"), Is.EqualTo("-ERR wrong number of arguments for 'get' command"));
        Assert.That(Run("get a b"), Is.EqualTo("-ERR wrong number of arguments for 'get' command"));
        Assert.That(Run("CLIENT"), Is.EqualTo("-ERR wrong number of arguments for 'client' command"));
    }

    [Test]
    public void Hello_tells_about_the_server()
    {
        Run("PING");
        var id = Server.Client.Served!.Id;
        var protocol = IsResp3 ? 3 : 2;
        Assert.That(Run("HELLO"), Is.EqualTo(Map("\"server\"", "\"redis\"", "\"version\"", "\"8.0.6\"", "\"proto\"", $":{protocol}", "\"id\"", $":{id}",
            "\"mode\"", "\"standalone\"", "\"role\"", "\"master\"", "\"modules\"", "[]")));
    }

    [TestCase("HELLO 4", "-NOPROTO unsupported protocol version"), TestCase("HELLO x", "-ERR Protocol version is not an integer or out of range")]
    [TestCase("HELLO 3 WHAT", "-ERR Syntax error in HELLO option 'WHAT'"), TestCase("HELLO 3 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'")]
    public void Hello_refuses_what_it_does_not_understand(string request, string error)
    {
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("GET missing"), Is.EqualTo("nil"));
        Assert.That(Server.Client.Served!.Version, Is.EqualTo(IsResp3 ? RespVersion.Resp3 : RespVersion.Resp2));
    }

    [Test]
    public void Clients_have_names()
    {
        Assert.That(Run("CLIENT GETNAME"), Is.EqualTo("nil"));
        Assert.That(Run("CLIENT SETNAME me"), Is.EqualTo("+OK"));
        Assert.That(Run("CLIENT GETNAME"), Is.EqualTo("\"me\""));
        Assert.That(Run("CLIENT", "SETNAME", "two words"), Is.EqualTo("-ERR Client names cannot contain spaces, newlines or special characters."));
        Run("HELLO 3 SETNAME you");
        Assert.That(Run("CLIENT GETNAME"), Is.EqualTo("\"you\""));
    }

    [Test]
    public void Ids_grow_with_every_connection()
    {
        var first = long.Parse(Run("CLIENT ID")[1..]);
        var second = long.Parse(Server.Connect().Run("CLIENT", "ID")[1..]);
        Assert.That(second, Is.GreaterThan(first));
    }

    [Test]
    public void A_client_is_described()
    {
        Run("CLIENT SETNAME me");
        Run("CLIENT SETINFO LIB-NAME lib");
        Run("CLIENT SETINFO LIB-VER 1.2");
        Assert.That(Run("CLIENT SETINFO WHAT x"), Is.EqualTo("-ERR Unrecognized option 'WHAT'"));
        Assert.That(Run("CLIENT", "SETINFO", "LIB-NAME", "a b"), Is.EqualTo("-ERR LIB-NAME cannot contain spaces, newlines or special characters."));
        Run("SELECT 7");
        var info = Run("CLIENT INFO");
        Assert.That(info, Does.StartWith(IsResp3 ? "=txt:id=" : "\"id="));
        foreach (var part in new[] { $" addr={Server.Client.Peer.LocalAddress} ", " name=me ", " db=7 ", " lib-name=lib ", " lib-ver=1.2", $" resp={(IsResp3 ? 3 : 2)} ", " cmd=client|info " })
            Assert.That(info, Does.Contain(part));
    }

    [TestCase("CLIENT SETINFO {0} x", "-ERR Unrecognized option '{0}'"), TestCase("CLIENT LIST TYPE {0}", "-ERR Unknown client type '{0}'")]
    [TestCase("CLIENT KILL USER {0} ID 1", "-ERR No such user '{0}'"), TestCase("HELLO 3 {0}", "-ERR Syntax error in HELLO option '{0}'")]
    [TestCase("EXPIRE k 1 {0}", "-ERR Unsupported option {0}")]
    public void A_long_argument_is_quoted_in_full_up_to_a_NUL(string request, string reply)
    {
        var argument = new string('x', 100_000) + "\r\ny";
        var words = request.Split(' ').Select(word => word.Replace("{0}", argument + "\0z"));
        Assert.That(Run([.. words]), Is.EqualTo(reply.Replace("{0}", argument.Replace("\r\n", "  "))));
    }

    [TestCase("CLIENT {0}", "-ERR unknown subcommand '{0}'. Try CLIENT HELP."), TestCase("{0}", "-ERR unknown command '{0}', with args beginning with: ")]
    public void What_is_unknown_is_shown_up_to_128_bytes(string request, string reply) =>
        Assert.That(Run(request.Replace("{0}", new string('x', 200))), Is.EqualTo(reply.Replace("{0}", new string('x', 128))));

    [Test]
    public void Commands_of_a_category_are_listed_up_to_a_NUL_in_its_name() =>
        Assert.That(Run("COMMAND", "LIST", "FILTERBY", "ACLCAT", "bitmap\0x"), Is.EqualTo(Run("COMMAND LIST FILTERBY ACLCAT bitmap")).And.Contain("\"bitop\""));

    [Test]
    public void Quit_answers_and_closes()
    {
        Assert.That(Run("QUIT"), Is.EqualTo("+OK"));
        Assert.That(Server.Client.ReadToEnd(), Is.Empty);
        Assert.That(Server.Server.Clients, Is.Empty);
    }

    [TestCase("POST / HTTP/1.1"), TestCase("host: localhost")]
    public void A_web_browser_is_sent_away_without_a_word(string request)
    {
        Run("PING");
        Server.Client.SendRaw(request + "\r\n");
        Assert.That(Server.Client.ReadToEnd(), Is.Empty);
        Assert.That(Server.Server.Clients, Is.Empty);
    }

    [Test]
    public void Commands_describe_themselves()
    {
        var table = Server.Server.Executor.Commands;
        Assert.That(Run("COMMAND COUNT"), Is.EqualTo($":{table.TopLevel.Length}"));
        Assert.That(Server.Client.RunValue("COMMAND").Items, Has.Length.EqualTo(table.TopLevel.Length));
        Assert.That(Server.Client.RunValue("COMMAND", "LIST").Items, Has.Length.EqualTo(table.All.Length));
        Assert.That(Server.Client.RunValue("COMMAND", "DOCS").Items, Has.Length.EqualTo(2 * table.TopLevel.Length));
        Assert.That(Run("COMMAND INFO nonsense"), Is.EqualTo("[nil]"));
        Assert.That(Run("COMMAND GETKEYS MSET a 1 b 2"), Is.EqualTo("[\"a\", \"b\"]"));
        Assert.That(Run("COMMAND GETKEYS PING"), Is.EqualTo("-ERR The command has no key arguments"));
    }
}
