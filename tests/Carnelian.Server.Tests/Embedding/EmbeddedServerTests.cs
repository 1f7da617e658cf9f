using System.Net;

namespace Carnelian.Tests;

internal sealed class EmbeddedServerTests
{
    private static ServerOptions Options(int port = 0, bool anyPort = false) => new()
    {
        Port = port,
        AnyPort = anyPort,
        Bind = ["127.0.0.1"],
        Memory = new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30 },
    };

    [Test]
    public void It_runs_requests_of_the_application_without_any_socket()
    {
        using var server = EmbeddedServer.Start(Options());
        Assert.That(server.Port, Is.Zero);
        Assert.That(server.Execute("SET", "key", "väl").Text, Is.EqualTo("OK"));
        var value = server.Execute("GET", "key");
        Assert.That((value.Kind, value.Text), Is.EqualTo((RespKind.Bulk, "väl")));
        Assert.That(server.Execute("GET", "missing").IsNull);
        Assert.That(server.Execute("INCRBY", "n", "5").Integer, Is.EqualTo(5));
        Assert.That(server.Execute("MGET", "key", "missing").Items, Has.Length.EqualTo(2));
        Assert.That(server.Execute("CONFIG", "GET", "hz").Kind, Is.EqualTo(RespKind.Map), "the application speaks RESP3");
        Assert.That(server.Failure, Is.Null);
    }

    [Test]
    public void Its_scripts_can_be_debugged_by_nobody()
    {
        using var server = EmbeddedServer.Start(Options());
        var session = server.OpenSession();
        session.Execute("SCRIPT", "DEBUG", "SYNC");
        Assert.That(session.Execute("EVAL", "return 1", "0").Text, Is.EqualTo("ERR Scripts can be debugged only over a connection"));
        session.Execute("SCRIPT", "DEBUG", "NO");
        Assert.That(session.Execute("EVAL", "return 1", "0").Integer, Is.EqualTo(1));
    }

    [Test]
    public void It_takes_and_gives_any_bytes()
    {
        using var server = EmbeddedServer.Start(Options());
        byte[] noise = [0, 255, 13, 10, 36, 0];
        server.Execute("SET"u8.ToArray(), noise, noise);
        Assert.That(server.Execute("GET"u8.ToArray(), noise).Bytes, Is.EqualTo(noise));
        var long_ = new byte[5_000_000];
        new Random(3).NextBytes(long_);
        server.Execute("SET"u8.ToArray(), "long"u8.ToArray(), long_);
        Assert.That(server.Execute("GET", "long").Bytes, Is.EqualTo(long_));
    }

    [Test]
    public void A_unix_socket_whose_path_is_too_long_is_refused_as_Redis_does()
    {
        var options = Options();
        options.UnixSocket = "/" + new string('x', 107);
        Assert.That(() => EmbeddedServer.Start(options),
            Throws.InvalidOperationException.With.Message.Contains("Failed opening Unix socket: unix socket path too long (108), must be under 108"));
    }

    [Test]
    public void An_error_is_a_reply_and_an_empty_request_is_the_callers_mistake()
    {
        using var server = EmbeddedServer.Start(Options());
        var reply = server.Execute("NONSENSE", "x");
        Assert.That(reply.IsError);
        Assert.That(reply.Text, Is.EqualTo("ERR unknown command 'NONSENSE', with args beginning with: 'x' "));
        Assert.That(() => server.Execute(Array.Empty<string>()), Throws.ArgumentException);
    }

    [Test]
    public void Commands_that_need_a_connection_say_so()
    {
        using var server = EmbeddedServer.Start(Options());
        Assert.That(server.Execute("CLIENT", "INFO").IsError);
        Assert.That(server.Execute("CLIENT", "SETINFO", "LIB-NAME", "x").IsError);
        Assert.That(server.Execute("PING").Text, Is.EqualTo("PONG"));
    }

    [Test]
    public void A_session_keeps_its_database_and_its_name()
    {
        using var server = EmbeddedServer.Start(Options());
        var session = server.OpenSession();
        session.Execute("SELECT", "3");
        session.Execute("SET", "there", "1");
        session.Execute("CLIENT", "SETNAME", "worker");
        Assert.That(session.Execute("CLIENT", "GETNAME").Text, Is.EqualTo("worker"));
        Assert.That(session.Execute("EXISTS", "there").Integer, Is.EqualTo(1));
        Assert.That(server.Execute("EXISTS", "there").Integer, Is.Zero, "others are in database 0");
        Assert.That(session.Execute("QUIT").Text, Is.EqualTo("OK"));
        Assert.That(session.Execute("PING").Text, Is.EqualTo("PONG"), "there is no connection that QUIT could end");
        session.Execute("HELLO", "2");
        Assert.That(session.Execute("GET", "missing").IsNull);
    }

    [Test]
    public void Two_servers_in_one_process_have_different_data()
    {
        using var one = EmbeddedServer.Start(Options(anyPort: true));
        using var other = EmbeddedServer.Start(Options(anyPort: true));
        Assert.That(one.Port, Is.Not.EqualTo(other.Port).And.Not.Zero);
        one.Execute("SET", "who", "one");
        other.Execute("SET", "who", "other");
        using var toOne = new SocketClient(new IPEndPoint(IPAddress.Loopback, one.Port));
        using var toOther = new SocketClient(new IPEndPoint(IPAddress.Loopback, other.Port));
        Assert.That(toOne.Run("GET", "who"), Is.EqualTo("\"one\""));
        Assert.That(toOther.Run("GET", "who"), Is.EqualTo("\"other\""));
        toOne.Run("FLUSHALL");
        Assert.That(other.Execute("DBSIZE").Integer, Is.EqualTo(1));
    }

    [Test]
    public void Requests_of_many_threads_are_run_one_by_one()
    {
        const int threads = 8, each = 2000;
        using var server = EmbeddedServer.Start(Options());
        var sums = new long[threads];
        TestThread.RunAll(threads, number =>
        {
            for (var n = 0; n < each; n++) sums[number] += server.Execute("INCR", "counter").Integer;
        });
        const long total = threads * each;
        Assert.That(server.Execute("GET", "counter").Text, Is.EqualTo($"{total}"));
        Assert.That(sums.Sum(), Is.EqualTo(total * (total + 1) / 2), "no two requests got the same number");
    }

    [Test]
    public void An_address_in_use_is_told_and_the_port_can_be_taken_again_after_the_end()
    {
        var port = LoopbackPort.Claim();
        var first = EmbeddedServer.Start(Options(port));
        Assert.That(() => EmbeddedServer.Start(Options(port)), Throws.InvalidOperationException.With.Message.Contains($"{port}"));
        using (var client = new SocketClient(new IPEndPoint(IPAddress.Loopback, port))) client.Run("SET", "k", "v");
        first.Dispose();
        Assert.That(first.Failure, Is.Null);
        for (var i = 0; i < 3; i++)
        {
            using var again = EmbeddedServer.Start(Options(port));
            using var client = new SocketClient(new IPEndPoint(IPAddress.Loopback, port));
            Assert.That(client.Run("DBSIZE"), Is.EqualTo(":0"));
        }
    }

    [Test]
    public void After_the_end_requests_are_refused()
    {
        var server = EmbeddedServer.Start(Options());
        server.Dispose();
        server.Dispose();
        Assert.That(() => server.Execute("PING"), Throws.InvalidOperationException.With.Message.Contains("has ended"));
        var stopped = EmbeddedServer.Start(Options());
        stopped.Execute("SHUTDOWN");
        Assert.That(() => Patience.Until(() => stopped.Execute("PING").IsError, "it is stopped"), Throws.InvalidOperationException);
        stopped.Dispose();
        Assert.That(stopped.Failure, Is.Null);
    }

    [Test]
    public void Disposing_answers_threads_that_are_just_asking()
    {
        var server = EmbeddedServer.Start(Options());
        const int threads = 4;
        using var begun = new CountdownEvent(threads);
        var ending = TestThread.Start(() =>
        {
            Assert.That(begun.Wait(Patience.OfPrograms));
            server.Dispose();
        });
        TestThread.RunAll(threads, _ =>
        {
            server.Execute("PING");
            begun.Signal();
            Assert.That(() => Patience.Until(() => server.Execute("INCR", "n").IsError, "it has ended"), Throws.InvalidOperationException);
        });
        ending.Join();
    }

    [Test]
    public void A_logger_that_asks_its_own_server_is_refused_instead_of_waiting_for_itself()
    {
        var logger = new CallingLogger();
        using var server = EmbeddedServer.Start(Options(), logger: logger);
        var session = server.OpenSession();
        logger.Calls = [() => server.Execute("PING"), () => session.Execute("SET", "k", "v"), server.Dispose];
        // Undone, and so logged.
        Assert.That(server.Execute("CONFIG", "SET", "locale-collate", "xx").IsError);
        Assert.That(logger.Failures, Has.Count.EqualTo(3).And.All.TypeOf<InvalidOperationException>().And.All.Message.Contains("wait for itself"));
        Assert.That(server.Execute("PING").Text, Is.EqualTo("PONG"));
        Assert.That(server.Failure, Is.Null);
    }

    [Test]
    public void A_logger_that_throws_ends_the_server_but_not_the_application()
    {
        var logger = new CallingLogger { Throws = true };
        using var server = EmbeddedServer.Start(Options(), logger: logger);
        logger.Calls = [() => server.Execute("PING")];
        Assert.That(() => server.Execute("CONFIG", "SET", "locale-collate", "xx"), Throws.InvalidOperationException);
        Patience.Until(() => server.Failure is not null, "it has ended");
        Assert.That(server.Failure!.Message, Does.Contain("wait for itself"));
    }

    /// <summary>Makes some calls with the first line it is given after it was told which.</summary>
    private sealed class CallingLogger : Microsoft.Extensions.Logging.ILogger
    {
        public Action[] Calls = [];

        public bool Throws;

        public List<Exception> Failures { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            var calls = Calls;
            if (!Throws) Calls = [];
            foreach (var call in calls)
            {
                try
                {
                    call();
                }
                catch (InvalidOperationException failure) when (!Throws)
                {
                    Failures.Add(failure);
                }
            }
        }
    }

    [Test]
    public void A_name_to_bind_is_looked_up_for_the_application_too()
    {
        using var server = EmbeddedServer.Start(Options(anyPort: true));
        Assert.That(server.Execute("CONFIG", "SET", "bind", "localhost").Text, Is.EqualTo("OK"));
        Assert.That(server.Execute("CONFIG", "SET", "hz", "12", "bind", "127.0.0.1 no.such.name.invalid").IsError);
        Assert.That(server.Execute("CONFIG", "GET", "hz").Items![1].Text, Is.EqualTo("10"));
    }

    [Test]
    public void The_application_too_waits_until_its_write_is_safe()
    {
        var log = new LogLines();
        using var server = EmbeddedServer.Start(Options(), logger: log, commands: WaitingCommands.Table());
        RespValue? reply = null;
        var writer = TestThread.Start(() => reply = server.Execute("GATE", "one"));
        Patience.Until(() => log.Text.Contains("gated: one"), "it has written");
        Assert.That(reply, Is.Null);
        server.Execute("UNGATE");
        writer.Join();
        Assert.That(reply!.Text, Is.EqualTo("OK"));

        var abandoned = TestThread.Start(() => Assert.That(() => server.Execute("GATE", "two"), Throws.InvalidOperationException));
        Patience.Until(() => log.Text.Contains("gated: two"), "it has written again");
        server.Dispose();
        abandoned.Join();
    }

    [Test]
    public void What_comes_with_a_reply_is_left_out_of_it([Values("attrib", "push")] string kind)
    {
        var options = Options();
        options.DebugCommand = ProtectedAction.Yes;
        using var server = EmbeddedServer.Start(options);
        Assert.That(server.Execute("DEBUG", "PROTOCOL", kind).Text, Does.StartWith("Some real reply following the "));
        Assert.That(server.Execute("PING").Text, Is.EqualTo("PONG"));
    }
}
