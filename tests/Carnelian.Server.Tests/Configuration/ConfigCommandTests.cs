using System.Text;

namespace Carnelian.Tests;

internal sealed class ConfigCommandTests(RespVersion version) : CommandFixture(version)
{
    [Test]
    public void Directives_are_read_and_set()
    {
        Assert.That(Run("CONFIG GET timeout"), Is.EqualTo(Map("\"timeout\"", "\"0\"")));
        Assert.That(Run("CONFIG SET timeout 30 hz 50"), Is.EqualTo("+OK"));
        Assert.That(Run("CONFIG GET timeout"), Is.EqualTo(Map("\"timeout\"", "\"30\"")));
        Assert.That(Server.Server.Options.Hz, Is.EqualTo(50));
        Assert.That(Run("CONFIG GET nonsense"), Is.EqualTo(Map()));
        Assert.That(Server.Client.RunValue("CONFIG", "GET", "*").Items, Has.Length.GreaterThan(40));
    }

    [Test]
    public void What_can_not_be_set_leaves_all_as_it_was()
    {
        Assert.That(Run("CONFIG SET hz 20 timeout -1"), Does.StartWith("-ERR CONFIG SET failed (possibly related to argument 'timeout')"));
        Assert.That(Server.Server.Options.Hz, Is.EqualTo(10));
        Assert.That(Run("CONFIG SET nonsense 1"), Does.StartWith("-ERR Unknown option or number of arguments for CONFIG SET - 'nonsense'"));
        Assert.That(Run("CONFIG SET databases 3"), Does.Contain("can't set immutable config"));
        Assert.That(Run("CONFIG SET hz"), Is.EqualTo("-ERR wrong number of arguments for 'config|set' command"));
    }

    [Test]
    public void The_port_can_be_changed_and_those_connected_stay()
    {
        Assert.That(Run("CONFIG SET port 7000"), Is.EqualTo("+OK"));
        Assert.That(Server.Server.Port, Is.EqualTo(7000));
        Assert.That(Run("PING"), Is.EqualTo("+PONG"));
        var refused = Server.Connect();
        Server.TurnUntil(() => refused.IsClosed);
        Assert.That(refused.Peer.Error, Is.EqualTo("Connection refused"));
        Assert.That(Run("CONFIG SET port 6379"), Is.EqualTo("+OK"));
        Assert.That(Server.Connect().Run("PING"), Is.EqualTo("+PONG"));
    }

    [TestCase(ProtectedAction.No, "-ERR CONFIG SET failed (possibly related to argument 'dbfilename') - can't set protected config")]
    [TestCase(ProtectedAction.Local, "+OK")]
    [TestCase(ProtectedAction.Yes, "+OK")]
    public void Names_of_files_are_set_by_those_only_who_may(ProtectedAction allowed, string reply)
    {
        Server.Server.Options.ProtectedConfigurations = allowed;
        Assert.That(Run("CONFIG SET dbfilename other.rdb"), Is.EqualTo(reply));
    }

    [Test]
    public void A_port_of_zero_closes_no_connection_and_hz_out_of_range_is_brought_into_it()
    {
        Assert.That(Run("CONFIG SET port 0 hz 100000"), Is.EqualTo("+OK"));
        Assert.That(Run("CONFIG GET hz"), Is.EqualTo(Map("\"hz\"", "\"500\"")));
        Assert.That(Server.Server.Listeners.Count, Is.Zero);
    }

    [TestCase("TEST {port} {{x}", "+OK"), TestCase("{listen-addr}", "+OK")]
    [TestCase("{nope}", "template"), TestCase("{port", "template"), TestCase("", "template"), TestCase("{unixsocket}", "template")]
    public void A_title_must_show_something(string template, string reply)
    {
        Assert.That(Server.Client.Run("CONFIG", "SET", "proc-title-template", template), reply == "+OK" ? Is.EqualTo(reply)
            : Does.EndWith("'proc-title-template') - template format is invalid or contains unknown variables"));
    }

    [Test]
    public void Commands_are_renamed_and_removed_by_the_file()
    {
        var loader = new ConfigurationLoader(Server.Server.Directives, Server.World.Disk);
        var text = Encoding.ASCII.GetBytes("rename-command GET fetch\nrename-command INFO \"\"\n");
        Assert.That(loader.Load(null, text), Is.Null);
        Assert.That(Run("FETCH x"), Is.EqualTo(Run("fetch y")));
        Assert.That(Run("GET x"), Does.StartWith("-ERR unknown command 'GET'"));
        Assert.That(Run("INFO"), Does.StartWith("-ERR unknown command 'INFO'"));
    }

    private void Load(string lines) => Assert.That(new ConfigurationLoader(Server.Server.Directives, Server.World.Disk).Load(null, Encoding.Latin1.GetBytes(lines)), Is.Null);

    /// <summary>The first is the example of Redis' own redis.conf.</summary>
    [TestCase("b840fc02d524045429941cc15f59e41cb7be6c52"), TestCase("k\u00f6n"), TestCase("k\u00f6nigliche-konfigurationen-aller-art")]
    public void A_commands_new_name_may_be_long_and_hold_any_bytes(string name)
    {
        Load($"rename-command CONFIG {name}\n");
        Assert.That(Call(name), Is.EqualTo(Map("\"port\"", "\"6379\"")));
        Assert.That(Call(name.Replace('n', 'N').Replace('b', 'B')), Is.EqualTo(Map("\"port\"", "\"6379\"")));
        Assert.That(Call(name.Replace('\u00f6', '\u00d6').Replace('8', '9')), Does.StartWith("-ERR unknown command"));

        string Call(string spelling)
        {
            Server.Client.SendRaw($"{spelling} GET port\r\n");
            return Server.Client.Read();
        }
    }

    [Test]
    public void A_renamed_container_speaks_of_itself_by_the_name_it_was_called_by()
    {
        Load("rename-command OBJECT thing\n");
        Assert.That(Run("thing foo"), Is.EqualTo("-ERR unknown subcommand 'foo'. Try THING HELP."));
        Assert.That(Run("Thing help"), Does.StartWith("[+THING <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
        Assert.That(Run("COMMAND LIST FILTERBY PATTERN object"), Is.EqualTo("[\"object\"]"));
    }

    [Test]
    public void A_removed_command_is_not_shown()
    {
        var all = int.Parse(Run("COMMAND COUNT")[1..]);
        Load("rename-command OBJECT \"\"\n");
        Assert.That(Run("COMMAND COUNT"), Is.EqualTo($":{all - 1}"));
        Assert.That(Run("COMMAND LIST FILTERBY PATTERN object*"), Is.EqualTo("[]"));
        Assert.That(Server.Client.RunValue("COMMAND").Items, Has.Length.EqualTo(all - 1));
        Assert.That(Server.Client.RunValue("COMMAND", "DOCS").Items, Has.Length.EqualTo(2 * (all - 1)));
        Assert.That(Run("ECHO x"), Is.EqualTo("\"x\""), "others are counted where they were");
    }

    [Test]
    public void The_file_says_how_many_databases_there_are()
    {
        var loader = new ConfigurationLoader(Server.Server.Directives, Server.World.Disk);
        Assert.That(loader.Load(null, "databases 20\ndatabases 18"u8.ToArray()), Is.Null);
        Assert.That(Run("SELECT 17"), Is.EqualTo("+OK"));
        Assert.That(Run("SELECT 18"), Is.EqualTo("-ERR DB index is out of range"));
        Assert.That(Run("CONFIG GET databases"), Is.EqualTo(Map("\"databases\"", "\"18\"")));
    }

    [TestCase("rename-command GET SET", "Target command name already exists"), TestCase("rename-command NOPE x", "No such command in rename-command")]
    [TestCase("sentinel monitor x 127.0.0.1 1 1", "sentinel directive while not in sentinel mode"), TestCase("dir /nowhere/at/all", "No such file or directory")]
    public void What_a_file_can_not_have_is_refused_with_its_line(string line, string error)
    {
        var loader = new ConfigurationLoader(Server.Server.Directives, Server.World.Disk);
        Assert.That(loader.Load(null, Encoding.ASCII.GetBytes("\n" + line)), Is.EqualTo(new ConfigurationError(error, 2, line)));
    }

    [Test]
    public void Classes_of_keyspace_events_are_letters_in_an_order_of_their_own()
    {
        Assert.That(Run("CONFIG", "GET", "notify-keyspace-events"), Is.EqualTo(Map("\"notify-keyspace-events\"", "\"\"")));
        Assert.That(Run("CONFIG SET notify-keyspace-events zElK"), Is.EqualTo("+OK"));
        Assert.That(Run("CONFIG GET notify-keyspace-events"), Is.EqualTo(Map("\"notify-keyspace-events\"", "\"lzKE\"")));
        Assert.That(Run("CONFIG SET notify-keyspace-events KEq"), Is.EqualTo(
            "-ERR CONFIG SET failed (possibly related to argument 'notify-keyspace-events') - Invalid event class character. Use 'Ag$lshzxeKEtmdn'."));
        Server.Server.Options.ConfigurationFile = "carnelian.conf";
        Run("CONFIG REWRITE");
        Assert.That(Encoding.UTF8.GetString(Server.World.Disk.ReadAll("carnelian.conf").Value!), Does.Contain("notify-keyspace-events \"lzKE\""));
    }

    [Test]
    public void Statistics_begin_anew()
    {
        Run("GET x");
        Assert.That(Run("CONFIG RESETSTAT"), Is.EqualTo("+OK"));
        Assert.That(Run("INFO stats"), Does.Contain("keyspace_misses:0\r\n").And.Contain("total_commands_processed:1\r\n"));
        Assert.That(Run("INFO commandstats"), Does.Not.Contain("cmdstat_get"));
    }

    [Test]
    public void Rewriting_needs_a_file_and_writes_what_differs()
    {
        Assert.That(Run("CONFIG REWRITE"), Is.EqualTo("-ERR The server is running without a config file"));
        Server.Server.Options.ConfigurationFile = "carnelian.conf";
        Run("CONFIG SET timeout 77");
        Assert.That(Run("CONFIG REWRITE"), Is.EqualTo("+OK"));
        Assert.That(Encoding.UTF8.GetString(Server.World.Disk.ReadAll("carnelian.conf").Value!), Does.Contain("timeout 77"));
    }

    [Test]
    public void All_directives_can_be_read_as_they_are_written()
    {
        Assert.That(ConfigurationRewriter.Rewrite(Server.Server.Directives, Server.World.Disk, "carnelian.conf", all: true).Ok);
        Assert.That(Encoding.UTF8.GetString(Server.World.Disk.ReadAll("carnelian.conf").Value!), Does.Contain("\npreload-file \"\"\n"));
        Assert.That(new ConfigurationLoader(Server.Server.Directives, Server.World.Disk).Load("carnelian.conf"), Is.Null);
    }
}
