using System.Diagnostics;
using System.Text;
using StackExchange.Redis;

namespace Carnelian.Tests;

/// <summary>
/// Clients meet a server with a password, most of which send it, what they tell of themselves and a first question in one piece: they get in, by
/// RESP2 and RESP3 as far as they speak it, and are told when the password is wrong.
/// </summary>
public class PasswordTests
{
    private CarnelianServer _server = null!;

    [OneTimeSetUp]
    public void Start() => _server = new("--requirepass", "pw");

    [OneTimeTearDown]
    public void Stop() => _server?.Dispose();

    [Test]
    public void Redis_py_logs_in() => RunScript(ClientPrograms.Python(), "password.py");

    [Test]
    public void Ruby_redis_logs_in() => RunScript(ClientPrograms.Ruby(), "password.rb");

    [Test]
    public void Ioredis_logs_in() => RunScript("node", "password-ioredis.mjs", ("NODE_PATH", ClientPrograms.NodeModules()));

    [Test]
    public void Node_redis_logs_in() => RunScript("node", "password-node-redis.mjs", ("NODE_PATH", ClientPrograms.NodeModules()));

    private void RunScript(string program, string script, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, [Path.Combine(AppContext.BaseDirectory, "Sessions", script), $"{_server.Port}", _server.Socket]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var outcome = ChildProcess.Run(start);
        Assert.That((outcome.Status, outcome.Output.EndsWith("session complete\n", StringComparison.Ordinal)), Is.EqualTo((0, true)),
            () => $"{outcome.Everything}\nThe server's log:\n{_server.Log}");
    }

    [TestCase(null, RedisProtocol.Resp2)]
    [TestCase(null, RedisProtocol.Resp3)]
    [TestCase("default", RedisProtocol.Resp3)]
    public async Task StackExchange_Redis_logs_in(string? user, RedisProtocol protocol)
    {
        using var connection = ConnectionMultiplexer.Connect(Options("pw", user, protocol));
        var database = connection.GetDatabase();
        Assert.That((database.StringSet("k", "v"), (string?)database.StringGet("k")), Is.EqualTo((true, "v")));
        var batch = database.CreateBatch();
        var writes = Enumerable.Range(0, 100).Select(i => batch.StringSetAsync($"p:{i}", i)).ToArray();
        var reads = Enumerable.Range(0, 100).Select(i => batch.StringGetAsync($"p:{i}")).ToArray();
        batch.Execute();
        Assert.That(await Task.WhenAll(writes), Is.All.True);
        Assert.That((await Task.WhenAll(reads)).Select(value => (int)value), Is.EqualTo(Enumerable.Range(0, 100)));
        Assert.That((string?)database.Execute("CLIENT", "INFO"), Does.Contain($" resp={(protocol == RedisProtocol.Resp3 ? 3 : 2)} "));
    }

    [TestCase(RedisProtocol.Resp2)]
    [TestCase(RedisProtocol.Resp3)]
    public void StackExchange_Redis_is_told_of_a_wrong_password(RedisProtocol protocol) => Assert.That(
        () => ConnectionMultiplexer.Connect(Options("no", null, protocol)), Throws.TypeOf<RedisConnectionException>().With.Message.Contains("WRONGPASS"));

    private ConfigurationOptions Options(string password, string? user, RedisProtocol protocol) => new()
    {
        EndPoints = { { "127.0.0.1", _server.Port } },
        User = user,
        Password = password,
        Protocol = protocol,
        ClientName = "session",
        ConnectRetry = 1,
        ConnectTimeout = (int)Patience.OfPrograms.TotalMilliseconds,
        SyncTimeout = (int)Patience.OfPrograms.TotalMilliseconds,
    };

    [Test]
    public void Redis_cli_logs_in([Values("7", "8")] string version, [Values("", "-3")] string protocol, [Values("-a pw", "--user default --pass pw", "")] string login)
    {
        var outcome = Cli(version, $"{login} {protocol}", (login.Length == 0 ? "AUTH pw\n" : "") + "SET k v\nGET k\nPING\n");
        Assert.That(outcome.Output, Is.EqualTo((login.Length == 0 ? "OK\n" : "") + "OK\nv\nPONG\n"), outcome.Everything);
    }

    [Test]
    public void Redis_cli_is_told_of_a_wrong_password([Values("7", "8")] string version, [Values("", "-3")] string protocol)
    {
        Assert.That(Cli(version, $"-a no {protocol}", "GET k\n").Everything, Does.Contain("WRONGPASS invalid username-password pair or user is disabled."));
        Assert.That(Cli(version, protocol, "AUTH no\nGET k\nAUTH default pw\nGET none\n").Output,
            Is.EqualTo("WRONGPASS invalid username-password pair or user is disabled.\n\nNOAUTH Authentication required.\n\nOK\n\n"));
    }

    private Outcome Cli(string version, string options, string input)
    {
        var program = version == "7" ? ClientPrograms.RedisCli() : ClientPrograms.Reference("redis-cli");
        return ChildProcess.Run(
            program, ["-p", $"{_server.Port}", "--no-auth-warning", .. options.Split(' ', StringSplitOptions.RemoveEmptyEntries)], stream => stream.Write(Encoding.ASCII.GetBytes(input)));
    }
}
