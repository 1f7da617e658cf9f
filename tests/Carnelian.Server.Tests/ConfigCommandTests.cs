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
}
