namespace Carnelian.Tests;

/// <summary>The published program with metrics and without.</summary>
public class MetricsProgramTests
{
    [Test]
    public void The_program_serves_metrics_where_it_is_told_to()
    {
        var port = LoopbackPort.Claim();
        using var server = new CarnelianServer("--metrics-port", $"{port}");
        Assert.That(server.Log, Does.Contain($"Serving metrics by HTTP, port={port}, bind=127.0.0.1."));
        Assert.That(Cli(server, "SET k v\nEXPIRE k 1000\nGET k\nCONFIG GET metrics*\nCONFIG GET metrics-port\n"), Is.EqualTo($"OK\n1\nv\n\nmetrics-port\n{port}\n"));
        Assert.That((HttpText.Get(port, "/healthz"), HttpText.Get(port, "/readyz")), Is.EqualTo(("alive\n", "ready\n")));
        var samples = HttpText.Samples(HttpText.Get(port, "/metrics"));
        Assert.Multiple(() =>
        {
            Assert.That(samples["redis_up"], Is.EqualTo(1));
            Assert.That(samples["redis_commands_total{cmd=\"set\"}"], Is.EqualTo(1));
            Assert.That(samples["redis_db_keys_expiring{db=\"db0\"}"], Is.EqualTo(1));
            Assert.That(samples["redis_commands_latencies_usec_bucket{cmd=\"get\",le=\"+Inf\"}"], Is.EqualTo(1));
            Assert.That(samples.Keys, Has.Some.StartsWith("redis_instance_info{").And.Contains($"tcp_port=\"{server.Port}\""));
        });
        Assert.That(Cli(server, "CONFIG SET metrics-port 0\nCONFIG SET metrics-bind 0.0.0.0\n"), Is.EqualTo(
            "ERR CONFIG SET failed (possibly related to argument 'metrics-port') - can't set immutable config\n\n"
            + "ERR CONFIG SET failed (possibly related to argument 'metrics-bind') - can't set immutable config\n\n"));
    }

    [Test]
    public void A_server_with_metrics_ends_when_it_is_asked_to()
    {
        var port = LoopbackPort.Claim();
        using var server = new CarnelianServer("--metrics-port", $"{port}");
        Assert.That(HttpText.Get(port, "/healthz"), Is.EqualTo("alive\n"));
        Cli(server, "SHUTDOWN NOSAVE\n");
        server.WaitForLog("Redis is now ready to exit, bye bye...");
        Patience.Until(() => HttpText.TryGet(port, "/healthz") is null, "nobody listens any more");
    }

    [Test]
    public void Nothing_listens_by_default()
    {
        using var server = new CarnelianServer();
        Assert.That(server.Log, Does.Not.Contain("metrics"));
        var sockets = new DirectoryInfo($"/proc/{server.ProcessId}/fd").EnumerateFiles().Select(file => file.LinkTarget).Count(target => target?.StartsWith("socket:") == true);
        Assert.That(sockets, Is.EqualTo(2), "TCP and unix");
    }

    [TestCase("127.0.0.1", "Address already in use"), TestCase("192.0.2.1", "Cannot assign requested address")]
    public void A_server_that_cannot_serve_them_does_not_start(string address, string reason)
    {
        using var other = new CarnelianServer();
        var outcome = ChildProcess.Run(CarnelianServer.Program,
            ["server", "--port", $"{LoopbackPort.Claim()}", "--bind", "127.0.0.1", "--metrics-port", $"{other.Port}", "--metrics-bind", address]);
        Assert.That(outcome.Status, Is.EqualTo(1));
        Assert.That(outcome.Output, Does.Contain($"Failed listening on port {other.Port} (metrics, {address}): {reason}, aborting."));
        Assert.That(outcome.Output, Does.Not.Contain("Ready to accept"));
    }

    [Test]
    public void An_address_that_is_none_is_an_error_of_the_configuration()
    {
        var outcome = ChildProcess.Run(CarnelianServer.Program, ["server", "--metrics-bind", "127.0.0.1 example.org"]);
        Assert.That(outcome.Status, Is.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("argument must be IP addresses, or *"));
    }

    private static string Cli(CarnelianServer server, string commands) => ChildProcess.Run(
        ClientPrograms.RedisCli(), ["-p", $"{server.Port}"], input => input.Write(System.Text.Encoding.ASCII.GetBytes(commands))).Output;
}
