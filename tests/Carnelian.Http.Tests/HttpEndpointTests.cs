using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Carnelian.Tests;

/// <summary>What is served by HTTP, and what becomes of those who ask badly or at a bad time.</summary>
internal sealed class HttpEndpointTests
{
    private RunningServer _server = null!;

    [OneTimeSetUp]
    public void Start() => _server = new();

    [OneTimeTearDown]
    public void Stop() => _server.Dispose();

    [Test]
    public void Metrics_are_text_of_Prometheus()
    {
        var answer = _server.Get("/metrics");
        Assert.That(answer, Does.StartWith("HTTP/1.1 200 OK\r\n").And.Contain($"\r\nContent-Type: {PrometheusText.ContentType}\r\n"));
        var (head, body) = (answer.Split("\r\n\r\n")[0], answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);
        Assert.That(head, Does.Contain($"\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n").And.Not.Contain("Server:"));
        Assert.That(body, Does.Contain("\nredis_up 1\n").And.EndsWith("\n"));
    }

    [Test]
    public void A_connection_serves_many_scrapes()
    {
        using var socket = _server.Connect();
        socket.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\nGET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"u8);
        Assert.That(RunningServer.ReadToEnd(socket).Split("HTTP/1.1 200 OK"), Has.Length.EqualTo(3));
    }

    [TestCase("/healthz", "alive\n"), TestCase("/readyz", "ready\n")]
    public void A_server_that_works_is_alive_and_ready(string path, string text) =>
        Assert.That(_server.Get(path), Does.StartWith("HTTP/1.1 200 OK\r\n").And.EndsWith("\r\n\r\n" + text));

    [Test]
    public void HEAD_answers_without_a_body() => Assert.That(
        _server.Exchange("HEAD /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"),
        Does.StartWith("HTTP/1.1 200 OK\r\n").And.Contain("Content-Length: 6\r\n").And.EndsWith("\r\n\r\n"));

    [TestCase("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "404 Not Found")]
    [TestCase("GET /metrics/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", "404 Not Found")]
    [TestCase("POST /metrics HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello", "405 Method Not Allowed")]
    [TestCase("PING\r\n", "400 Bad Request")]
    [TestCase("*1\r\n$4\r\nPING\r\n", "400 Bad Request")]
    [TestCase("GET /metrics HTTP/1.1\r\n\r\n", "400 Bad Request")]
    [TestCase("GET /metrics HTTP/1.1\r\nHost: h\r\nbad header\r\n\r\n", "400 Bad Request")]
    public void What_is_no_request_for_a_page_is_refused(string request, string status) => Assert.That(_server.Exchange(request), Does.StartWith($"HTTP/1.1 {status}\r\n"));

    [Test]
    public void Long_request_lines_and_headers_are_refused()
    {
        Assert.That(_server.Get("/" + new string('a', 4 << 10)), Does.StartWith("HTTP/1.1 414 "));
        Assert.That(_server.Exchange($"GET / HTTP/1.1\r\nHost: h\r\nX: {new string('a', 10 << 10)}\r\n\r\n"), Does.StartWith("HTTP/1.1 431 "));
        var many = string.Concat(Enumerable.Range(0, 100).Select(i => $"X{i}: a\r\n"));
        Assert.That(_server.Exchange($"GET / HTTP/1.1\r\nHost: h\r\n{many}\r\n"), Does.StartWith("HTTP/1.1 431 "));
    }

    [Test]
    public void Who_never_ends_a_request_is_cut_off() => Assert.That(_server.Exchange("GET /metrics HTTP/1.1\r\nHost: h\r\n"), Does.StartWith("HTTP/1.1 408 "));

    [Test]
    public void A_body_of_a_GET_is_not_taken_for_the_next_request()
    {
        var answer = _server.Exchange("GET /healthz HTTP/1.1\r\nHost: h\r\nContent-Length: 44\r\n\r\nGET /readyz HTTP/1.1\r\nHost: h\r\nConnection: x\r\n");
        Assert.That(answer, Does.StartWith("HTTP/1.1 200 OK\r\n").And.Not.Contain("ready"));
    }

    [TestCase("127.0.0.1", "::1"), TestCase("::")]
    public void IPv6_is_served_too(params string[] bind)
    {
        if (!Socket.OSSupportsIPv6) Skip.Because("this machine has no IPv6");
        using var server = new RunningServer(bind: bind);
        foreach (var address in (IPAddress[])[IPAddress.Loopback, IPAddress.IPv6Loopback])
        {
            using var socket = server.Connect(address);
            socket.Send("GET /healthz HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"u8);
            Assert.That(RunningServer.ReadToEnd(socket), Does.EndWith("alive\n"));
        }
    }

    [Test]
    public void Connections_beyond_the_limit_are_closed()
    {
        using var server = new RunningServer();
        var sockets = Enumerable.Range(0, ServerOptions.MetricsConnectionsMax).Select(_ => server.Connect()).ToArray();
        foreach (var socket in sockets)
        {
            socket.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n"u8);
            Assert.That(socket.Receive(new byte[1]), Is.EqualTo(1));
        }
        Assert.That(server.Get("/healthz"), Is.Empty);
        sockets[0].Dispose();
        Patience.Until(() => server.Get("/healthz").EndsWith("alive\n"), "a place that became free is given away");
        foreach (var socket in sockets) socket.Dispose();
    }

    [Test]
    public void A_server_that_is_held_up_is_alive_and_not_ready()
    {
        using var server = new RunningServer();
        var gate = server.HoldUp();
        Assert.That(server.Get("/healthz"), Does.EndWith("alive\n"));
        Assert.That(server.Get("/readyz"), Does.StartWith("HTTP/1.1 503 Service Unavailable\r\n").And.EndsWith("not ready: the command thread does not answer\n"));
        gate.Set();
        Patience.Until(() => server.Get("/readyz").EndsWith("\r\n\r\nready\n"), "ready again");
    }

    [Test]
    public void Many_scrapers_at_once_cost_one_snapshot()
    {
        using var server = new RunningServer(withHttp: false);
        var gate = server.HoldUp();
        var scraper = new Scraper(server.Server, Patience.OfPrograms);
        var scrapes = Enumerable.Range(0, 100).Select(_ => scraper.Scrape()).ToArray();
        Assert.That(scrapes, Has.None.Property("IsCompleted").True);
        gate.Set();
        var texts = scrapes.Select(scrape => scrape.Result).ToArray();
        Assert.That(texts, Is.All.SameAs(texts[0]));
        Assert.That(MetricsTextTests.Text(texts[0]), Does.Contain("\nredis_up 1\n").And.Contain("\nredis_exporter_scrapes_total 1\n"));
    }

    [Test]
    public void A_scrape_that_waits_too_long_says_so_and_leaves_one_job_behind()
    {
        using var server = new RunningServer(withHttp: false);
        var gate = server.HoldUp();
        var asked = 0;
        var question = new CommandThreadQuestion<int>(server.Server, _ => ++asked);
        var answers = Enumerable.Range(0, 100).Select(_ => question.Ask()).ToArray();
        var text = MetricsTextTests.Text(new Scraper(server.Server, TimeSpan.FromMilliseconds(10)).Scrape().Result);
        Assert.That(text, Does.Contain("\nredis_up 0\n").And.Contain("{err=\"the command thread did not answer within 0.01 s\"} 1\n"));
        gate.Set();
        Assert.That(answers.Select(answer => answer.Result), Is.All.EqualTo(1));
        Assert.That(question.Ask().Result, Is.EqualTo(2), "asked anew");
    }

    [Test]
    public void A_port_in_use_is_an_error_and_not_an_exception()
    {
        using var server = new RunningServer(withHttp: false);
        server.Server.Options.MetricsPort = _server.Server.Options.MetricsPort;
        Assert.That(HttpEndpoint.Open(server.Server, out var error), Is.Null);
        Assert.That(error, Is.EqualTo($"Failed listening on port {_server.Server.Options.MetricsPort} (metrics, 127.0.0.1): Address already in use, aborting."));
        (server.Server.Options.MetricsPort, server.Server.Options.MetricsBind) = (LoopbackPort.Claim(), ["192.0.2.1"]);
        Assert.That(HttpEndpoint.Open(server.Server, out error), Is.Null);
        Assert.That(error, Does.EndWith("(metrics, 192.0.2.1): Cannot assign requested address, aborting."));
    }
}
