using System.Globalization;
using StackExchange.Redis;

namespace Carnelian.Tests;

/// <summary>A session of StackExchange.Redis, as .NET applications have it: one connection that all threads share.</summary>
public class StackExchangeSessionTests
{
    private CarnelianServer _server = null!;
    private ConnectionMultiplexer _connection = null!;
    private IDatabase _database = null!;

    [OneTimeSetUp]
    public void Connect()
    {
        _server = new();
        var log = new StringWriter();
        var options = new ConfigurationOptions
        {
            EndPoints = { { "127.0.0.1", _server.Port } },
            ClientName = "session",
            AllowAdmin = true,
            AbortOnConnectFail = false,
            ConnectTimeout = (int)Patience.OfPrograms.TotalMilliseconds,
            SyncTimeout = (int)Patience.OfPrograms.TotalMilliseconds,
        };
        _connection = ConnectionMultiplexer.Connect(options, log);
        Assert.That(_connection.IsConnected, () => $"{log}\nThe server's log:\n{_server.Log}");
        _database = _connection.GetDatabase();
    }

    [OneTimeTearDown]
    public void Disconnect()
    {
        _connection?.Dispose();
        _server?.Dispose();
    }

    [SetUp]
    public void Empty() => Server.FlushAllDatabases();

    private IServer Server => _connection.GetServer("127.0.0.1", _server.Port);

    [Test]
    public void Connecting_finds_a_standalone_master_and_its_version()
    {
        Assert.That((Server.ServerType, Server.IsReplica, Server.IsConnected), Is.EqualTo((ServerType.Standalone, false, true)));
        Assert.That(Server.Version.Major, Is.EqualTo(8));
        Assert.That((string?)_database.Execute("CLIENT", "GETNAME"), Is.EqualTo("session"));
        Assert.That(_database.Ping(), Is.LessThan(Patience.OfPrograms));
    }

    [Test]
    public void Strings_are_set_read_counted_and_appended()
    {
        Assert.That(_database.StringSet("k", "one"));
        Assert.That((string?)_database.StringGet("k"), Is.EqualTo("one"));
        Assert.That(_database.StringGet("none").IsNull);
        Assert.That(_database.StringSet("k", "two", when: When.NotExists), Is.False);
        Assert.That(_database.StringSet("k", "two", when: When.Exists));
        Assert.That(_database.StringSet([new("a", 1), new("b", 2)]));
        Assert.That(_database.StringGet(["a", "none", "b"]), Is.EqualTo(new RedisValue[] { 1, RedisValue.Null, 2 }));
        Assert.That((_database.StringIncrement("n"), _database.StringIncrement("n", 41)), Is.EqualTo((1, 42)));
        Assert.That((_database.StringAppend("k", "-three"), (string?)_database.StringGet("k")), Is.EqualTo((9, "two-three")));
        Assert.That((_database.KeyType("k"), _database.KeyType("none")), Is.EqualTo((RedisType.String, RedisType.None)));
        Assert.That((_database.KeyExists("a"), _database.KeyDelete(["a", "b", "none"]), _database.KeyExists("a")), Is.EqualTo((true, 2, false)));
    }

    [Test]
    public void Keys_expire_when_told()
    {
        _database.StringSet("k", "v", TimeSpan.FromSeconds(10_000));
        Assert.That(_database.KeyTimeToLive("k"), Is.InRange(TimeSpan.FromSeconds(9_000), TimeSpan.FromSeconds(10_000)));
        Assert.That(_database.KeyPersist("k"));
        Assert.That(_database.KeyTimeToLive("k"), Is.Null);
        Assert.That(_database.KeyExpire("k", TimeSpan.FromMilliseconds(20_000_500)));
        Assert.That(_database.KeyTimeToLive("k"), Is.InRange(TimeSpan.FromSeconds(19_000), TimeSpan.FromSeconds(20_001)));
        Assert.That(_database.KeyExpire("k", TimeSpan.FromSeconds(-1)));
        Assert.That(_database.KeyExists("k"), Is.False);
    }

    [Test]
    public async Task A_thousand_commands_travel_in_one_batch()
    {
        var batch = _database.CreateBatch();
        var writes = Enumerable.Range(0, 1000).Select(i => batch.StringSetAsync($"p:{i}", i)).ToArray();
        var reads = Enumerable.Range(0, 1000).Select(i => batch.StringGetAsync($"p:{i}")).ToArray();
        batch.Execute();
        Assert.That(await Task.WhenAll(writes), Is.All.True);
        Assert.That((await Task.WhenAll(reads)).Select(value => (int)value), Is.EqualTo(Enumerable.Range(0, 1000)));
        Assert.That(Server.DatabaseSize(), Is.EqualTo(1000));
        Assert.That(Server.Keys(pageSize: 7).Select(key => (string?)key).Distinct(), Is.EquivalentTo(Enumerable.Range(0, 1000).Select(i => $"p:{i}")));
        Assert.That(Server.Keys(pattern: "p:99?").Select(key => (string?)key).Distinct(), Is.EquivalentTo(Enumerable.Range(990, 10).Select(i => $"p:{i}")));
    }

    [Test]
    public void Keys_and_values_are_bytes_up_to_large_ones()
    {
        byte[] every = [.. Enumerable.Range(0, 256).Select(i => (byte)i), .. "\r\n\0"u8];
        _database.StringSet(every, every);
        Assert.That((byte[]?)_database.StringGet(every), Is.EqualTo(every));
        var megabyte = new byte[1 << 20];
        new Random(1).NextBytes(megabyte);
        _database.StringSet("large", megabyte);
        Assert.That(((byte[]?)_database.StringGet("large")).AsSpan().SequenceEqual(megabyte));
    }

    [Test]
    public void Errors_are_exceptions_of_the_server()
    {
        _database.StringSet("k", "word");
        Assert.That(() => _database.StringIncrement("k"), Throws.TypeOf<RedisServerException>().With.Message.EqualTo("ERR value is not an integer or out of range"));
        Assert.That(() => _database.Execute("NOSUCH", "x"), Throws.TypeOf<RedisServerException>().With.Message.StartsWith("ERR unknown command 'NOSUCH'"));
        Assert.That((string?)_database.StringGet("k"), Is.EqualTo("word"), "the connection serves on");
    }

    [Test]
    public void Databases_are_apart()
    {
        var third = _connection.GetDatabase(3);
        third.StringSet("here", "only");
        Assert.That((third.KeyExists("here"), _database.KeyExists("here")), Is.EqualTo((true, false)));
        Assert.That((Server.DatabaseSize(3), Server.DatabaseSize()), Is.EqualTo((1, 0)));
    }

    [Test]
    public void Configuration_and_information_are_read_by_their_names()
    {
        Assert.That(Server.ConfigGet("databases"), Is.EqualTo(new[] { KeyValuePair.Create("databases", "16") }));
        var server = Server.Info("server").Single().ToDictionary(field => field.Key, field => field.Value);
        Assert.That(server["tcp_port"], Is.EqualTo(_server.Port.ToString(CultureInfo.InvariantCulture)));
        var sections = Server.Info().Select(section => section.Key);
        Assert.That(sections, Is.SupersetOf(new[] { "Server", "Clients", "Memory", "Stats", "Replication", "CPU" }));
    }
}
