namespace Carnelian.Tests;

/// <summary>CLIENT LIST, KILL, REPLY, NO-EVICT, NO-TOUCH and RESET.</summary>
internal sealed class ClientCommandTests(RespVersion version) : CommandFixture(version)
{
    [SetUp]
    public void ConnectFirst() => Run("PING");

    private string[] List(params string[] options)
    {
        var text = Server.Client.RunValue(["CLIENT", "LIST", .. options]).Text!;
        return text[(IsResp3 ? 4 : 0)..].Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Field(string line, string name) => line.Split(' ').Single(field => field.StartsWith(name + "=", StringComparison.Ordinal))[(name.Length + 1)..];

    private TestClient Connect(string? name = null)
    {
        var client = Server.Connect();
        client.Run(name is null ? ["PING"] : ["CLIENT", "SETNAME", name]);
        return client;
    }

    [Test]
    public void Every_client_has_a_line_with_the_fields_of_Redis()
    {
        SimulatedServer.SkipUnlessInline("it has a buffer for each connection");
        Connect("other");
        var lines = List();
        Assert.That(lines, Has.Length.EqualTo(2));
        string[] fields =
        [
            "id", "addr", "laddr", "fd", "name", "age", "idle", "flags", "db", "sub", "psub", "ssub", "multi", "watch", "qbuf", "qbuf-free", "argv-mem",
            "multi-mem", "rbs", "rbp", "obl", "oll", "omem", "tot-mem", "events", "cmd", "user", "redir", "resp", "lib-name", "lib-ver", "io-thread",
        ];
        foreach (var line in lines) Assert.That(line.Split(' ').Select(field => field.Split('=')[0]), Is.EqualTo(fields));
        Assert.That(lines[0], Does.Contain(" cmd=client|list user=default redir=-1 ").And.Contain(" qbuf=26 ").And.Contain(" argv-mem=10 "));
        Assert.That(lines[1], Does.Contain(" name=other ").And.Contain(" qbuf=0 qbuf-free=0 argv-mem=0 ").And.Contain(" cmd=client|setname "));
    }

    [Test]
    public void Lines_are_chosen_by_id_and_type()
    {
        var (a, b) = (Connect("a").Served!, Connect("b").Served!);
        Assert.That(List("ID", $"{b.Id}", "99", $"{a.Id}").Select(line => Field(line, "name")), Is.EqualTo(new[] { "b", "a" }));
        Assert.That(List("TYPE", "normal"), Has.Length.EqualTo(3));
        foreach (var type in new[] { "master", "replica", "SLAVE", "pubsub" }) Assert.That(List("TYPE", type), Is.Empty);
        Assert.That(Run("CLIENT LIST TYPE nobody"), Is.EqualTo("-ERR Unknown client type 'nobody'"));
        Assert.That(Run("CLIENT LIST ID 1 x"), Is.EqualTo("-ERR Invalid client ID"));
        Assert.That(Run("CLIENT LIST ID"), Is.EqualTo("-ERR syntax error"));
    }

    [Test]
    public void Age_and_idleness_are_whole_seconds()
    {
        var id = Connect().Served!.Id;
        Server.AdvanceTime(5000);
        var line = List("ID", $"{id}").Single();
        Assert.That(long.Parse(Field(line, "age")), Is.InRange(5, 6));
        Assert.That(Field(line, "idle"), Is.EqualTo(Field(line, "age")));
        Assert.That(Field(List("ID", $"{Server.Client.Served!.Id}").Single(), "idle"), Is.EqualTo("0"));
    }

    [Test]
    public void An_incomplete_request_shows_in_the_input_buffer()
    {
        var client = Connect("half");
        client.SendRaw("*3\r\n$3\r\nSET\r\n$2\r\nkk");
        Server.TurnUntil(() => client.Served!.InputBytes > 0);
        var line = List().Single(line => Field(line, "name") == "half");
        Assert.That(Field(line, "qbuf"), Is.EqualTo("19"));
        Assert.That(Field(line, "argv-mem"), Is.EqualTo("3"), "what of it is complete");
        Assert.That(long.Parse(Field(line, "tot-mem")), Is.GreaterThan(long.Parse(Field(line, "qbuf")) + long.Parse(Field(line, "qbuf-free"))));
    }

    [Test]
    public void Waiting_output_shows_until_it_is_read()
    {
        Run("SET", "large", new string('x', 300_000));
        var slow = Connect("slow");
        slow.Peer.Paused = true;
        var calls = Server.Server.Executor.CallsProcessed + 10;
        for (var i = 0; i < 10; i++) slow.Send("GET", "large");
        Server.TurnUntil(() => Server.Server.Executor.CallsProcessed == calls);
        var line = List().Single(line => Field(line, "name") == "slow");
        Assert.That(long.Parse(Field(line, "omem")), Is.GreaterThan(2_000_000));
        Assert.That(int.Parse(Field(line, "oll")), Is.GreaterThanOrEqualTo(9));
        Assert.That(Field(line, "events"), Is.EqualTo("rw"));
        slow.Peer.Paused = false;
        for (var i = 0; i < 10; i++) slow.ReadValue();
        line = List().Single(line => Field(line, "name") == "slow");
        Assert.That((Field(line, "omem"), Field(line, "oll"), Field(line, "obl"), Field(line, "events")), Is.EqualTo(("0", "0", "0", "r")));
    }

    [Test]
    public void The_old_form_closes_one_by_its_address_and_may_close_oneself()
    {
        var other = Connect();
        Assert.That(Run("CLIENT", "KILL", other.Peer.LocalAddress), Is.EqualTo("+OK"));
        Server.TurnUntil(() => other.IsClosed);
        Assert.That(Run("CLIENT", "KILL", other.Peer.LocalAddress), Is.EqualTo("-ERR No such client"));
        Assert.That(Run("CLIENT", "KILL", Server.Client.Peer.LocalAddress), Is.EqualTo("+OK"));
        Assert.That(Server.Client.ReadToEnd(), Is.Empty);
    }

    [Test]
    public void A_transaction_shows_until_EXEC_is_over()
    {
        var line = "";
        foreach (var request in new[] { "MULTI", "PING", "CLIENT INFO" }) Run(request);
        line = Server.Client.RunValue("EXEC").Items[1].Text!;
        Assert.That((Field(line.Trim(), "flags"), Field(line.Trim(), "multi")), Is.EqualTo(("x", "2")));
        Assert.That((Field(List().Single(), "flags"), Field(List().Single(), "multi")), Is.EqualTo(("N", "-1")));
    }

    [Test]
    public void Several_are_closed_by_their_ids()
    {
        var (a, b, c) = (Connect(), Connect(), Connect());
        var spared = b.Served!.Id;
        Assert.That(Run("CLIENT", "KILL", "ID", $"{a.Served!.Id}", $"{c.Served!.Id}", "99", "TYPE", "normal"), Is.EqualTo(":2"));
        Assert.That(Run("CLIENT", "KILL", "ID", $"{spared}", "ID", "99"), Is.EqualTo(":0"), "the last word counts");
        Assert.That(Run("CLIENT", "KILL", "ID", $"{spared}", "0"), Is.EqualTo("-ERR client-id should be greater than 0"));
        Assert.That(b.Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void Conditions_must_all_hold()
    {
        var (old, young) = (Connect("old"), default(TestClient));
        Server.AdvanceTime(10_000);
        young = Connect("young");
        Assert.That(Run("CLIENT", "KILL", "ID", $"{young.Served!.Id}", "MAXAGE", "5"), Is.EqualTo(":0"));
        Assert.That(Run("CLIENT", "KILL", "TYPE", "replica"), Is.EqualTo(":0"));
        Assert.That(Run("CLIENT", "KILL", "ADDR", old.Peer.LocalAddress, "LADDR", "1.2.3.4:5"), Is.EqualTo(":0"));
        Assert.That(Run("CLIENT", "KILL", "MAXAGE", "5", "USER", "default", "TYPE", "normal"), Is.EqualTo(":1"));
        Server.TurnUntil(() => old.IsClosed);
        Assert.That(young.Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(Run("CLIENT", "KILL", "LADDR", Server.Client.Served!.LocalAddress, "SKIPME", "no"), Is.EqualTo(":2"));
        Assert.That(Server.Client.ReadToEnd(), Is.Empty, "closed once the reply was sent");
    }

    [TestCase("ID 0", "-ERR client-id should be greater than 0"), TestCase("ID x", "-ERR client-id should be greater than 0")]
    [TestCase("MAXAGE x", "-ERR maxage is not an integer or out of range"), TestCase("MAXAGE 0", "-ERR maxage should be greater than 0")]
    [TestCase("TYPE x", "-ERR Unknown client type 'x'"), TestCase("USER x", "-ERR No such user 'x'"), TestCase("SKIPME x", "-ERR syntax error")]
    [TestCase("ID 1 ADDR", "-ERR syntax error"), TestCase("WHAT 1", "-ERR syntax error")]
    public void Wrong_conditions_close_nobody(string conditions, string error)
    {
        var other = Connect();
        Assert.That(Run($"CLIENT KILL {conditions}"), Is.EqualTo(error));
        Assert.That(other.Run("PING"), Is.EqualTo("+PONG"));
    }

    [Test]
    public void Replies_can_be_switched_off_and_on_within_a_pipeline()
    {
        Server.Client.SendRaw("ECHO a\r\nCLIENT REPLY OFF\r\nECHO b\r\nGET\r\nCLIENT REPLY SKIP\r\nECHO c\r\nCLIENT REPLY ON\r\nECHO d\r\n");
        Assert.That(Server.Client.Read(3), Is.EqualTo(new[] { "\"a\"", "+OK", "\"d\"" }));
        Assert.That(Run("CLIENT REPLY what"), Is.EqualTo("-ERR syntax error"));
    }

    [Test]
    public void One_reply_is_skipped_wherever_the_next_request_comes_from()
    {
        Server.Client.SendRaw("CLIENT REPLY SKIP\r\n");
        Server.TurnUntil(() => Server.Client.Served is { LastCommand.FullName: "client|reply" });
        Server.Client.SendRaw("ECHO a\r\nECHO b\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY SKIP\r\nECHO c\r\nECHO d\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nECHO e\r\n");
        Assert.That(Server.Client.Read(4), Is.EqualTo(new[] { "\"b\"", "\"d\"", "+OK", "\"e\"" }));
    }

    [Test]
    public void Within_a_transaction_SKIP_concerns_what_comes_behind_it()
    {
        const string Expected = "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n+OK\r\n$1\r\na\r\n$1\r\nc\r\n";
        Server.Client.SendRaw("MULTI\r\nCLIENT REPLY SKIP\r\nCLIENT REPLY ON\r\nECHO a\r\nEXEC\r\nECHO b\r\nECHO c\r\n");
        Assert.That(Server.Client.ReadRaw(Expected.Length), Is.EqualTo(Expected), "as in Redis the array lacks an element");
    }

    [Test]
    public void Behind_its_own_end_a_transaction_answers_nothing()
    {
        var client = Connect();
        client.SendRaw($"MULTI\r\nCLIENT KILL ID {client.Run("CLIENT", "ID")[1..]} SKIPME no\r\nSET k v\r\nEXEC\r\n");
        Assert.That(client.ReadToEnd(), Is.EqualTo("+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n:1\r\n"));
        Assert.That(Run("GET k"), Is.EqualTo("\"v\""));
    }

    [Test]
    public void Who_wants_no_replies_makes_none_wait()
    {
        Run("SET", "large", new string('x', 300_000));
        var client = Connect();
        var calls = Server.Server.Executor.CallsProcessed + 3;
        client.SendRaw("CLIENT REPLY OFF\r\nGET large\r\nGET large\r\n");
        Server.TurnUntil(() => Server.Server.Executor.CallsProcessed == calls);
        Assert.That(client.Served!.Output.MemoryBytes, Is.Zero);
        client.SendRaw("QUIT\r\n");
        Assert.That(client.ReadToEnd(), Is.Empty);
    }

    [Test]
    public void Modes_show_as_flags_until_RESET()
    {
        var id = Server.Client.Served!.Id;
        Assert.That(Field(List("ID", $"{id}").Single(), "flags"), Is.EqualTo("N"));
        Assert.That(Run("CLIENT NO-EVICT on"), Is.EqualTo("+OK"));
        Assert.That(Run("CLIENT NO-TOUCH ON"), Is.EqualTo("+OK"));
        Assert.That(Field(List("ID", $"{id}").Single(), "flags"), Is.EqualTo("eT"));
        Assert.That(Run("CLIENT NO-EVICT off"), Is.EqualTo("+OK"));
        Assert.That(Run("CLIENT NO-TOUCH what"), Is.EqualTo("-ERR syntax error"));
        Assert.That(Field(List("ID", $"{id}").Single(), "flags"), Is.EqualTo("T"));
        Run("RESET");
        Assert.That(Server.Client.Served!.LeavesNoTrace, Is.False);
    }

    [Test]
    public void Reset_leaves_a_client_as_new_but_for_its_library()
    {
        Run("SELECT 3");
        Run("CLIENT SETNAME me");
        Run("CLIENT SETINFO LIB-NAME lib");
        Assert.That(Run("RESET"), Is.EqualTo("+RESET"));
        var info = Run("CLIENT INFO");
        Assert.That(info, Does.Contain(" name= ").And.Contain(" db=0 ").And.Contain(" resp=2 ").And.Contain(" lib-name=lib "));
        Server.Client.SendRaw("CLIENT REPLY OFF\r\nRESET\r\n");
        Assert.That(Server.Client.Read(), Is.EqualTo("+RESET"));
    }

    [Test]
    public void Reset_takes_the_right_to_do_anything_where_a_password_is_set()
    {
        Run("CONFIG SET requirepass secret");
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
        Assert.That(Run("RESET"), Is.EqualTo("+RESET"));
        Assert.That(Run("PING"), Is.EqualTo("-NOAUTH Authentication required."));
        Assert.That(Run("AUTH secret"), Is.EqualTo("+OK"));
    }
}
