using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;

namespace Carnelian.Tests;

/// <summary>The server as an operator meets it: configuration files, the background, the service manager.</summary>
public class ServerProgramTests
{
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("carnelian-program-");

    [TearDown]
    public void DeleteFolder() => _folder.Delete(recursive: true);

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);

    [Test]
    public void A_daemon_listens_when_the_command_returns_and_its_pid_file_names_it()
    {
        var port = LoopbackPort.Claim();
        File.WriteAllText(PathOf("redis.conf"), $"""
            port {port}
            daemonize yes
            save 900 1
            bind 127.0.0.1
            tcp-keepalive 60
            dbfilename dump.rdb
            dir {_folder.FullName}
            rdbcompression yes
            pidfile daemon.pid
            logfile daemon.log
            """);
        var start = ChildProcess.Run(CarnelianServer.Program, ["server", PathOf("redis.conf")]);
        Assert.That((start.Status, start.Everything), Is.EqualTo((0, "")));

        var daemon = int.Parse(File.ReadAllText(PathOf("daemon.pid")), CultureInfo.InvariantCulture);
        Assert.That(Ask(port, "CONFIG GET daemonize"), Does.Contain("yes"));
        Assert.That(Ask(port, "INFO server"), Does.Contain($"process_id:{daemon}\r\n"));
        var stat = File.ReadAllText($"/proc/{daemon}/stat").Split(' ');
        Assert.That(stat[5], Is.EqualTo(daemon.ToString(CultureInfo.InvariantCulture)), "leads a session of its own");
        Assert.That(File.ReadAllText($"/proc/{daemon}/cmdline"), Does.Contain($" 127.0.0.1:{port}"), "the title");

        using var process = Process.GetProcessById(daemon);
        Ask(port, "SHUTDOWN NOSAVE");
        Assert.That(process.WaitForExit(Patience.OfPrograms), "it ends");
        Assert.That(File.Exists(PathOf("daemon.pid")), Is.False);
        Assert.That(File.ReadAllText(PathOf("daemon.log")), Does.Contain("* Ready to accept connections tcp\n").And.EndWith("# Redis is now ready to exit, bye bye...\n"));
    }

    [Test]
    public void What_keeps_a_daemon_from_listening_is_told_to_the_user()
    {
        using var first = new CarnelianServer();
        var second = ChildProcess.Run(CarnelianServer.Program, ["--port", $"{first.Port}", "--daemonize", "yes", "--pidfile", PathOf("p")]);
        Assert.That((second.Status, second.Error), Is.EqualTo((1, $"Failed listening on port {first.Port} (tcp), aborting.\n")));
    }

    [TestCase("port x", "port x", "argument couldn't be parsed into an integer")]
    [TestCase("save 1", "save 1", "Invalid save parameters")]
    public void A_bad_line_stops_the_start_even_of_a_daemon(string line, string shown, string reason)
    {
        File.WriteAllText(PathOf("redis.conf"), $"# comment\ndaemonize yes\n{line}\n");
        var outcome = ChildProcess.Run(CarnelianServer.Program, ["server", PathOf("redis.conf")]);
        Assert.That(outcome.Status, Is.EqualTo(1));
        Assert.That(outcome.Error, Is.EqualTo($"\n*** FATAL CONFIG FILE ERROR (Redis 8.0.6) ***\nReading the configuration file, at line 3\n>>> '{shown}'\n{reason}\n"));
    }

    [Test]
    public void Few_open_files_lower_maxclients_to_what_fits()
    {
        var port = LoopbackPort.Claim();
        // What runs by JIT holds more files itself.
        var limit = PublishedProgram.IsNative ? 64 : 160;
        using var server = StartWithFiles(limit, port);
        server.WaitForOutput("Ready to accept connections tcp");
        var reduced = Regex.Match(server.Output, "maxclients has been reduced to ([0-9]+) to compensate for low ulimit");
        Assert.That(reduced.Success, server.Output);
        var fit = int.Parse(reduced.Groups[1].Value, CultureInfo.InvariantCulture);
        Assert.That(fit, Is.InRange(1, limit - 33));
        var clients = Enumerable.Range(0, fit).Select(_ => Connect(port)).ToArray();
        foreach (var client in clients) Assert.That(Ask(client, "PING"), Is.EqualTo("+PONG\r\n"));
        // Libraries that only some requests need are loaded, too.
        foreach (var request in new[] { "INFO everything", "CONFIG GET *", "COMMAND DOCS get", "DEBUG DIGEST", "MEMORY DOCTOR" }) Ask(clients[0], request);
        using (var oneMore = Connect(port)) Assert.That(Ask(oneMore, "PING"), Is.EqualTo("-ERR max number of clients reached\r\n"));
        foreach (var client in clients) client.Dispose();
        Assert.That(server.Output, Does.Not.Contain("Too many open files"));
    }

    [Test]
    public void With_too_few_open_files_it_names_the_least_number_with_which_it_serves()
    {
        var tooFew = PublishedProgram.IsNative ? 32 : 64;
        using var refused = StartWithFiles(tooFew, LoopbackPort.Claim());
        var outcome = refused.WaitForExit();
        var advice = Regex.Match(outcome.Output, $"Your current 'ulimit -n' of {tooFew} is not enough .* at least ([0-9]+)\\. Exiting\\.");
        Assert.That((outcome.Status, advice.Success), Is.EqualTo((1, true)), outcome.Everything);
        var least = int.Parse(advice.Groups[1].Value, CultureInfo.InvariantCulture);

        var port = LoopbackPort.Claim();
        using var server = StartWithFiles(least, port);
        server.WaitForOutput("Ready to accept connections tcp");
        using var client = Connect(port);
        Assert.That(Ask(client, "PING"), Is.EqualTo("+PONG\r\n"));
        using var stillRefused = StartWithFiles(least - 1, LoopbackPort.Claim());
        Assert.That(stillRefused.WaitForExit().Status, Is.EqualTo(1));
    }

    private static ChildProcess StartWithFiles(int limit, int port) =>
        new(new ProcessStartInfo("bash", ["-c", $"ulimit -n {limit}; exec \"$0\" --port {port} --save ''", CarnelianServer.Program]));

    private static Socket Connect(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = (int)Patience.OfPrograms.TotalMilliseconds };
        socket.Connect("127.0.0.1", port);
        return socket;
    }

    private static string Ask(Socket socket, string request)
    {
        socket.Send(Encoding.ASCII.GetBytes(request + "\r\n"));
        var reply = new byte[1 << 20];
        return Encoding.ASCII.GetString(reply, 0, socket.Receive(reply));
    }

    [Test]
    public void A_log_that_can_not_be_written_stops_the_start()
    {
        var outcome = ChildProcess.Run(CarnelianServer.Program, ["--logfile", PathOf("missing/log")]);
        Assert.That((outcome.Status, outcome.Error), Is.EqualTo((1, "\n*** FATAL CONFIG FILE ERROR (Redis 8.0.6) ***\nCan't open the log file: No such file or directory\n")));
    }

    [Test]
    public void Nowhere_to_listen_stops_the_start()
    {
        var outcome = ChildProcess.Run(CarnelianServer.Program, ["--port", "0"]);
        Assert.That(outcome.Status, Is.EqualTo(1));
        Assert.That(outcome.Output, Does.EndWith("# Configured to not listen anywhere, exiting.\n"));
    }

    [TestCase("etc/redis/redis.conf"), TestCase("etc/valkey/valkey.conf")]
    public void The_configuration_that_Debian_ships_starts_it(string file)
    {
        // The directories that its package makes are not on this machine.
        var text = File.ReadAllText(Path.Combine(ReferenceServer.Programs(), "..", "root", file)).Replace("\ndir /", $"\ndir {_folder.FullName}\n# dir /").Replace("\nlogfile /", "\n# logfile /");
        File.WriteAllText(PathOf("server.conf"), text);
        var port = LoopbackPort.Claim();
        string[] options = ["--port", $"{port}", "--bind", "127.0.0.1", "--daemonize", "no", "--pidfile", PathOf("p")];
        using var server = new ChildProcess(new ProcessStartInfo(CarnelianServer.Program, ["server", PathOf("server.conf"), .. options]));
        server.WaitForOutput("Ready to accept connections tcp");
        Assert.That(Ask(port, "CONFIG GET client-output-buffer-limit"), Does.Contain("normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60"));
    }

    [Test]
    public void A_service_manager_hears_that_it_is_ready_and_that_it_stops()
    {
        using var manager = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = (int)Patience.OfPrograms.TotalMilliseconds };
        manager.Bind(new UnixDomainSocketEndPoint(PathOf("notify")));
        var port = LoopbackPort.Claim();
        string[] options = ["--port", $"{port}", "--supervised", "auto", "--daemonize", "yes", "--save", "", "--set-proc-title", "no"];
        using var server = new ChildProcess(new ProcessStartInfo(CarnelianServer.Program, options) { Environment = { ["NOTIFY_SOCKET"] = PathOf("notify") } });
        Assert.That(Receive(manager), Is.EqualTo("STATUS=Redis is loading...\n"));
        Assert.That(Receive(manager), Is.EqualTo("STATUS=Ready to accept connections\n"));
        Assert.That(Receive(manager), Is.EqualTo("READY=1\n"));
        Assert.That(Ask(port, "INFO server"), Does.Contain("\r\nprocess_supervised:systemd\r\n"));
        server.Signal(ChildProcess.Terminate);
        Assert.That(Receive(manager), Is.EqualTo("STOPPING=1\n"));
        Assert.That(server.WaitForExit().Status, Is.Zero, "it stayed in the foreground");
    }

    [Test]
    public void A_configuration_is_read_from_a_pipe_and_from_what_has_no_length()
    {
        var command = $"exec {CarnelianServer.Program} server <(printf 'timeout x\\n')";
        Assert.That(ChildProcess.Run("bash", ["-c", command]).Error, Does.EndWith(">>> 'timeout x'\nargument couldn't be parsed into an integer\n"));
        var outcome = ChildProcess.Run(CarnelianServer.Program, ["server", "/proc/version"]);
        Assert.That(outcome.Status, Is.EqualTo(1));
        Assert.That(outcome.Output, Does.Contain(":M ").And.Contain("# Unresolved Configuration(s) Detected:\n").And.Contain(">>> 'linux version "));
    }

    [TestCase(@"\xef\xbb\xbfport 7000", Description = "an unknown word with an argument: a line of the log")]
    [TestCase(@"port \xc3\xb6", Description = "a bad value: standard error")]
    [TestCase(@"\xf6", Description = "neither UTF-8 nor ASCII")]
    public void A_bad_line_of_a_configuration_is_shown_byte_by_byte(string line)
    {
        // In hexadecimal digits, as what reads the output here would read it as UTF-8.
        var command = $"{CarnelianServer.Program} server <(printf '{line}\\n') 2>&1 | od -An -v -tx1 | tr -d ' \\n'";
        var wanted = ChildProcess.Run("bash", ["-c", $"printf \">>> '{line}'\\n\" | od -An -v -tx1 | tr -d ' \\n'"]).Output;
        Assert.That(ChildProcess.Run("bash", ["-c", command]).Output, Does.Contain(wanted.TrimEnd()));
    }

    [Test]
    public void A_user_is_declared_once()
    {
        File.WriteAllText(PathOf("redis.conf"), "user bob on\nuser bob off\n");
        Assert.That(ChildProcess.Run(CarnelianServer.Program, ["server", PathOf("redis.conf")]).Error, Does.EndWith(
            ">>> 'user bob off'\nError in user declaration 'bob': Duplicate user found. A user can only be defined once in config files\n"));
    }

    /// <summary>Runs up to the point where there is nothing to listen on: the whole start is in the log by then.</summary>
    private static Outcome RunStart(string variable, string value, params string[] options)
    {
        var start = new ProcessStartInfo(CarnelianServer.Program, ["server", "--port", "0", .. options]);
        start.Environment[variable] = value;
        return ChildProcess.Run(start);
    }

    [TestCase("IST-5:30", 330)]
    [TestCase("XYZ4", -240)]
    [TestCase("AAA-1BBB-4,J1/0,J365/25", 240, Description = "daylight saving time all the year")]
    [TestCase("<+0545>-5:45", 345)]
    [TestCase("UTC0", 0)]
    public void The_log_has_local_time_of_whatever_zone_TZ_describes(string zone, int minutes)
    {
        var time = RunStart("TZ", zone).Output.Split('\n')[0].Split(' ', 2)[1][..24];
        var local = DateTime.ParseExact(time, "dd MMM yyyy HH:mm:ss.fff", CultureInfo.InvariantCulture);
        Assert.That(local, Is.EqualTo(DateTime.UtcNow.AddMinutes(minutes)).Within(TimeSpan.FromMinutes(5)));
    }

    [Test]
    public void A_locale_that_only_the_environment_names_may_be_missing()
    {
        Assert.That(RunStart("LC_ALL", "xx_YY.UTF-8").Output, Does
            .Contain("# Warning: Failed to configure LOCALE derived from the environment variables, using the default locale 'C'.\n")
            .And.EndWith("Configured to not listen anywhere, exiting.\n"));
        Assert.That(RunStart("LC_ALL", "xx_YY.UTF-8", "--locale-collate", "C").Output, Does.Not.Contain("LOCALE"));
        Assert.That(RunStart("LC_ALL", "C", "--locale-collate", "xx").Output, Does.EndWith("# Failed to configure LOCALE for invalid locale name.\n"));
    }

    [Test]
    public void A_directory_is_called_one()
    {
        var outcome = ChildProcess.Run(CarnelianServer.Program, ["server", _folder.FullName]);
        Assert.That(outcome.Status, Is.EqualTo(1));
        Assert.That(outcome.Output, Does.EndWith($"# Fatal error, can't open config file '{_folder.FullName}': Is a directory\n"));
        outcome = ChildProcess.Run(CarnelianServer.Program, ["--logfile", _folder.FullName]);
        Assert.That((outcome.Status, outcome.Error), Is.EqualTo((1, "\n*** FATAL CONFIG FILE ERROR (Redis 8.0.6) ***\nCan't open the log file: Is a directory\n")));
    }

    [TestCase("SEGFAULT"), TestCase("PANIC")]
    public void A_daemon_that_crashes_leaves_no_pid_file(string subcommand)
    {
        using var daemon = StartDaemon(CarnelianServer.Program, out var port, "--enable-debug-command", "yes");
        Assert.That(File.Exists(PathOf("daemon.pid")));
        Ask(port, "DEBUG " + subcommand);
        Assert.That(daemon.WaitForExit(Patience.OfPrograms));
        Assert.That(File.Exists(PathOf("daemon.pid")), Is.False);
        Assert.That(File.ReadAllText(PathOf("daemon.log")), Does.Contain("=== REDIS BUG REPORT END"));
    }

    [Test]
    public void A_daemon_bears_the_name_that_it_was_called_by()
    {
        File.CreateSymbolicLink(PathOf("redis-server"), CarnelianServer.Program);
        using var daemon = StartDaemon(PathOf("redis-server"), out var port);
        Assert.That(File.ReadAllText($"/proc/{daemon.Id}/comm"), Is.EqualTo("redis-server\n"));
        Assert.That(File.ReadAllText($"/proc/{daemon.Id}/cmdline"), Does.StartWith($"{PathOf("redis-server")} 127.0.0.1:{port}"));
        Ask(port, "SHUTDOWN NOSAVE");
        Assert.That(daemon.WaitForExit(Patience.OfPrograms));
    }

    private Process StartDaemon(string program, out int port, params string[] options)
    {
        port = LoopbackPort.Claim();
        string[] arguments = ["--port", $"{port}", "--bind", "127.0.0.1", "--save", "", "--daemonize", "yes", "--dir", _folder.FullName,
            "--pidfile", "daemon.pid", "--logfile", "daemon.log", .. options];
        var start = ChildProcess.Run(program, arguments);
        Assert.That((start.Status, start.Everything), Is.EqualTo((0, "")));
        return Process.GetProcessById(int.Parse(File.ReadAllText(PathOf("daemon.pid")), CultureInfo.InvariantCulture));
    }

    [Test]
    public void A_server_starts_in_a_directory_that_is_gone()
    {
        var port = LoopbackPort.Claim();
        var command = $"mkdir gone && cd gone && rmdir ../gone && exec {CarnelianServer.Program} server --port {port} --bind 127.0.0.1 --save ''";
        using var server = new ChildProcess(new ProcessStartInfo("bash", ["-c", command]) { WorkingDirectory = _folder.FullName });
        server.WaitForOutput("Ready to accept connections tcp");
        Assert.That(Ask(port, "CONFIG GET dir"), Is.EqualTo("*2\r\n$3\r\ndir\r\n$0\r\n\r\n"));
    }

    [Test]
    public void What_the_program_itself_takes_is_no_issue_for_the_doctor()
    {
        using var server = new CarnelianServer("--enable-debug-command", "local");
        Ask(server.Port, "DEBUG POPULATE 300000");
        Assert.That(Ask(server.Port, "MEMORY DOCTOR"), Does.Not.Contain("process RSS overhead").And.Not.Contain("Jemalloc"));
    }

    [TestCase("--check-system"), TestCase("--test-memory")]
    public void What_only_Redis_own_program_does_is_refused_by_name(string option)
    {
        var outcome = ChildProcess.Run(CarnelianServer.Program, [option, "1"]);
        Assert.That((outcome.Status, outcome.Error), Is.EqualTo((1, $"carnelian: there is no {option} in Carnelian.\n")));
    }

    [Test]
    public void The_file_is_rewritten_though_it_entered_another_directory()
    {
        var port = LoopbackPort.Claim();
        _folder.CreateSubdirectory("data");
        File.WriteAllText(PathOf("redis.conf"), $"# mine\nport {port}\ndir data\ntimeout 1 \nsave \"\"\n");
        using var server = new ChildProcess(new ProcessStartInfo(CarnelianServer.Program, ["redis.conf"]) { WorkingDirectory = _folder.FullName });
        server.WaitForOutput("Ready to accept connections tcp");
        Assert.That(Ask(port, "CONFIG SET timeout 9"), Is.EqualTo("+OK\r\n"));
        Assert.That(Ask(port, "CONFIG REWRITE"), Is.EqualTo("+OK\r\n"));
        Assert.That(File.ReadAllText(PathOf("redis.conf")), Does.StartWith($"# mine\nport {port}\ndir \"{PathOf("data")}\"\ntimeout 9\nsave \"\"\n"));
    }

    private static string Receive(Socket socket)
    {
        var buffer = new byte[256];
        return Encoding.UTF8.GetString(buffer, 0, socket.Receive(buffer));
    }

    /// <summary>Sends an inline request and takes all that comes back for it until the connection ends.</summary>
    private static string Ask(int port, string request)
    {
        using var client = new TcpClient("127.0.0.1", port) { ReceiveTimeout = (int)Patience.OfPrograms.TotalMilliseconds };
        client.GetStream().Write(Encoding.UTF8.GetBytes(request + "\r\nQUIT\r\n"));
        const string ofQuit = "+OK\r\n";
        try
        {
            var replies = new StreamReader(client.GetStream()).ReadToEnd();
            return replies.Length == 0 ? "" : replies[..^ofQuit.Length];
        }
        catch (IOException e) when (e.InnerException is SocketException { SocketErrorCode: SocketError.ConnectionReset })
        {
            return "";   // It died before it had read QUIT.
        }
    }
}
