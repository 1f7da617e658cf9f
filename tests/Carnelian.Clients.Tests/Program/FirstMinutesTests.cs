using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Carnelian.Tests;

/// <summary>A new user's first five minutes: build from a clean clone, start, set and get, stop; and the first mistakes.</summary>
public class FirstMinutesTests
{
    private DirectoryInfo _folder = null!;

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("carnelian-first-");

    [TearDown]
    public void DeleteFolder() => _folder.Delete(recursive: true);

    [Test]
    public void A_clean_clone_builds_serves_and_ends_with_Ctrl_C()
    {
        if (!Path.Exists(SourceTree.PathOf(".git"))) Skip.Because("these sources are no clone of a repository");
        var clone = Path.Combine(_folder.FullName, "carnelian");
        var cloning = ChildProcess.Run("git", ["clone", "-q", "--depth", "1", $"file://{SourceTree.Root}", clone], patience: Patience.OfBuilds);
        Assert.That(cloning.Status, Is.Zero, cloning.Everything);

        var port = LoopbackPort.Claim();
        // In a process group of its own, as a shell starts it, so that Ctrl-C reaches what dotnet run starts.
        var start = new ProcessStartInfo("setsid", ["dotnet", "run", "-c", "Release", "--project", "src/Carnelian", "--", "--port", $"{port}", "--save", ""]) { WorkingDirectory = clone };
        // No build server may outlive the test with its output in hand.
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["UseSharedCompilation"] = "false";
        start.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        using var run = new ChildProcess(start);
        run.WaitForOutput("Ready to accept connections tcp", Patience.OfBuilds);

        SetAndGet(port);
        run.SignalGroup(ChildProcess.Interrupt);
        var outcome = run.WaitForExit();
        Assert.That(outcome.Output, Does.Contain("Received SIGINT scheduling shutdown...").And.EndWith("Redis is now ready to exit, bye bye...\n"));
        Assert.That(outcome.Status, Is.Zero, outcome.Everything);
    }

    [TestCase(ChildProcess.Interrupt, "SIGINT")]
    [TestCase(ChildProcess.Terminate, "SIGTERM")]
    public void A_signal_ends_the_server_in_order(int signal, string name)
    {
        using var server = Start(["--port", $"{LoopbackPort.Claim()}", "--save", ""]);
        server.Signal(signal);
        var outcome = server.WaitForExit();
        Assert.That(outcome.Output, Does.Contain($"Received {name} scheduling shutdown...").And.EndWith("Redis is now ready to exit, bye bye...\n"));
        Assert.That(outcome.Status, Is.Zero, outcome.Everything);
    }

    /// <summary>The end of a terminal, the end of a reader, and what Redis asks its threads for their stacks by.</summary>
    [TestCase(1)]
    [TestCase(12)]
    [TestCase(13)]
    [TestCase(14)]
    public void A_signal_that_Redis_survives_does_not_end_the_server(int signal)
    {
        var port = LoopbackPort.Claim();
        using var server = Start(["--port", $"{port}", "--save", ""]);
        server.Signal(signal);
        SetAndGet(port);
        Assert.That(server.HasExited, Is.False);
    }

    [Test]
    public void A_second_server_on_the_same_port_says_that_the_address_is_in_use()
    {
        var port = LoopbackPort.Claim();
        using var first = Start(["--port", $"{port}", "--save", ""]);
        var second = Run(["--port", $"{port}", "--save", ""]);
        Assert.That(second.Status, Is.EqualTo(1));
        Assert.That(second.Output, Does.Contain("Address already in use").And.Contain($"Failed listening on port {port} (tcp), aborting."));
        SetAndGet(port);
    }

    [Test]
    public void A_second_server_on_the_same_unix_socket_is_refused_and_the_first_serves_on()
    {
        using var first = new CarnelianServer();
        var second = ChildProcess.Run(CarnelianServer.Program, ["--port", "0", "--unixsocket", first.Socket]);
        Assert.That(second.Status, Is.EqualTo(1));
        Assert.That(second.Output, Does.Contain("# Failed opening Unix socket: bind: Address already in use\n"));
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { ReceiveTimeout = (int)Patience.OfPrograms.TotalMilliseconds };
        client.Connect(new UnixDomainSocketEndPoint(first.Socket));
        client.Send("PING\r\n"u8);
        var reply = new byte[16];
        Assert.That(Encoding.ASCII.GetString(reply, 0, client.Receive(reply)), Is.EqualTo("+PONG\r\n"));
    }

    [Test]
    public void A_bad_configuration_file_is_refused_in_the_words_of_Redis()
    {
        var path = Path.Combine(_folder.FullName, "redis.conf");
        File.WriteAllText(path, "save \"\"\nport many\n");
        var outcome = Run([path]);
        Assert.That(outcome.Status, Is.EqualTo(1));
        string[] wanted = ["*** FATAL CONFIG FILE ERROR (Redis 8.0.6) ***", "Reading the configuration file, at line 2", ">>> 'port many'", "argument couldn't be parsed into an integer"];
        Assert.That(outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), Is.EqualTo(wanted));
    }

    [Test]
    public void A_configuration_file_that_is_not_there_is_named()
    {
        var outcome = Run(["server", Path.Combine(_folder.FullName, "none.conf")]);
        Assert.That(outcome.Status, Is.EqualTo(1));
        Assert.That(outcome.Everything, Does.Contain("Fatal error, can't open config file").And.Contain("none.conf"));
    }

    [TestCase("--version")]
    [TestCase("-v")]
    [TestCase("server --version")]
    public void The_version_names_the_program_and_the_Redis_it_follows(string arguments)
    {
        var outcome = Run(arguments.Split(' '));
        Assert.That(outcome.Output, Does.Match(@"^Carnelian \d+\.\d+\.\d+ \(compatible with Redis 8\.0\.6\)"));
        Assert.That(outcome.Status, Is.Zero);
    }

    [Test]
    public void An_unknown_command_shows_the_usage()
    {
        var outcome = Run(["frobnicate"]);
        Assert.That(outcome.Status, Is.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain("'frobnicate' is not a command of carnelian").And.Contain("Usage: carnelian"));
    }

    [TestCase("redis-cli")]
    [TestCase("redis-benchmark")]
    [TestCase("redis-sentinel")]
    [TestCase("valkey-cli")]
    [TestCase("valkey-benchmark")]
    [TestCase("valkey-sentinel")]
    public void Called_by_the_name_of_a_tool_it_says_that_there_is_none_yet(string name)
    {
        var link = Path.Combine(_folder.FullName, name);
        File.CreateSymbolicLink(link, CarnelianServer.Program);
        string[][] calls = [[], ["--port", "0"]];
        foreach (var arguments in calls) AssertMissing(ChildProcess.Run(link, arguments), name);
    }

    [TestCase("cli")]
    [TestCase("benchmark")]
    [TestCase("sentinel")]
    public void A_command_that_is_to_come_says_that_there_is_none_yet(string name) => AssertMissing(Run([name, "--port", "0"]), name);

    private static void AssertMissing(Outcome outcome, string name) =>
        Assert.That((outcome.Status, outcome.Everything), Is.EqualTo((1, $"\ncarnelian: there is no {name} in Carnelian yet.\n")));

    /// <summary>Scripts call the checker by its name, and go by its status and by what it calls itself.</summary>
    [TestCase("redis-check-rdb")]
    [TestCase("valkey-check-rdb")]
    public void Called_by_the_name_of_the_checker_of_RDB_files_it_checks_one(string name)
    {
        var link = Path.Combine(_folder.FullName, name);
        File.CreateSymbolicLink(link, CarnelianServer.Program);
        var file = Path.Combine(_folder.FullName, name + ".rdb");
        File.WriteAllBytes(file, [.. "REDIS0012"u8, 0xff, 0, 0, 0, 0, 0, 0, 0, 0]);
        var whole = ChildProcess.Run(link, [file]);
        Assert.That(whole.Status, Is.Zero);
        Assert.That(whole.Output, Does.StartWith($"[offset 0] Checking RDB file {file}\n").And.Contain("RDB looks OK!"));
        Assert.That(Run(["check-rdb", file]).Output, Is.EqualTo(whole.Output));
        Assert.That(ChildProcess.Run(link, []), Has.Property("Status").EqualTo(1).And.Property("Error").EqualTo($"Usage: {link} <rdb-file-name>\n"));
    }

    [TestCase("redis-check-aof")]
    [TestCase("valkey-check-aof")]
    public void Called_by_the_name_of_the_checker_of_append_only_files_it_checks_one(string name)
    {
        var link = Path.Combine(_folder.FullName, name);
        File.CreateSymbolicLink(link, CarnelianServer.Program);
        var file = Path.Combine(_folder.FullName, name + ".aof");
        File.WriteAllText(file, "*1\r\n$4\r\nPING\r\n*1\r\n");
        Assert.That(ChildProcess.Run(link, [file]), Has.Property("Status").EqualTo(1).And.Property("Output").Contains($"AOF {file} is not valid. Use the --fix option to try fixing it."));
        Assert.That(Run(["check-aof", "-v"]).Output, Does.StartWith("redis-check-aof v="));
    }

    /// <summary>Tools find a server by running redis-server --version, and start it with a configuration file as the first argument.</summary>
    [Test]
    public void Called_redis_server_it_acts_as_redis_server()
    {
        var link = Path.Combine(_folder.FullName, "redis-server");
        File.CreateSymbolicLink(link, CarnelianServer.Program);
        Assert.That(ChildProcess.Run(link, ["--version"]).Output, Does.Match(@"^Redis server v=8\.0\.6 sha=\S+ malloc=\S+ bits=64 build=\S+\n$"));

        var port = LoopbackPort.Claim();
        var path = Path.Combine(_folder.FullName, "redis.conf");
        File.WriteAllText(path, $"port {port}\nsave \"\"\n");
        using var server = Started(new(link, [path]) { WorkingDirectory = _folder.FullName });
        SetAndGet(port);
    }

    [Test]
    public void A_name_given_by_the_shell_counts_too()
    {
        var outcome = ChildProcess.Run("bash", ["-c", "exec -a redis-server \"$0\" --version", CarnelianServer.Program]);
        Assert.That(outcome.Output, Does.StartWith("Redis server v=8.0.6 "));
        // Any name but that of a command is a file to redis-server.
        outcome = ChildProcess.Run("bash", ["-c", "exec -a redis-server \"$0\" frobnicate", CarnelianServer.Program]);
        Assert.That(outcome.Everything, Does.Contain("Fatal error, can't open config file"));
    }

    private ChildProcess Start(string[] arguments) => Started(new(CarnelianServer.Program, arguments) { WorkingDirectory = _folder.FullName });

    private static ChildProcess Started(ProcessStartInfo start)
    {
        var child = new ChildProcess(start);
        child.WaitForOutput("Ready to accept connections tcp");
        return child;
    }

    private Outcome Run(string[] arguments) =>
        ChildProcess.Run(new ProcessStartInfo(CarnelianServer.Program, arguments) { WorkingDirectory = _folder.FullName });

    private static void SetAndGet(int port)
    {
        var cli = ClientPrograms.RedisCli();
        Assert.That(ChildProcess.Run(cli, ["-p", $"{port}", "SET", "greeting", "hello"]).Output, Is.EqualTo("OK\n"));
        Assert.That(ChildProcess.Run(cli, ["-p", $"{port}", "GET", "greeting"]).Output, Is.EqualTo("hello\n"));
    }
}
