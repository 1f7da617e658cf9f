using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian;

/// <summary>
/// What the garbage collector gets from a command: a server in this process, whose turns this thread takes itself, so that only
/// its own allocations are counted.
/// </summary>
internal sealed class AllocationsGroup : IGroup
{
    private const string Explanation = """
        Managed bytes allocated per command in the steady state, in-process over loopback with pipelines of 100, and the server thread's
        time per command, system calls included.
        """;

    private const int Pipeline = 100, WarmUpBatches = 2000, Batches = 5000;

    private static readonly (string Name, string[] Words)[] Commands =
    [
        ("get", ["GET", "key:000000000001"]), ("set", ["SET", "key:000000000001", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]), ("incr", ["INCR", "counter"]),
        ("set-ex", ["SET", "key:000000000002", "xxxxxxxx", "EX", "1000"]), ("mget", ["MGET", "key:000000000001", "key:000000000002", "missing"]),
        ("del-missing", ["DEL", "key:000000000003"]), ("ping", ["PING"]),
    ];

    public string Name => "allocations";

    public IReadOnlyList<string> Members { get; } = ["allocations"];

    public void Run(Lab lab, IReadOnlyList<string> members)
    {
        var table = lab.Report.Begin(new Table("Allocations in-process", Explanation, ("command", 12), ("bytes/command", 13), ("ns/command", 10)));
        using var world = new RealWorld();
        using var server = new Server(new ServerOptions { AnyPort = true, Bind = ["127.0.0.1"] }, world, NullLogger.Instance);
        if (server.Start() is { } error) throw new MeasurementFailed(error);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.Connect(IPAddress.Loopback, server.Port);
        foreach (var (name, words) in Commands)
        {
            var batch = Encode(words);
            Measure(server, socket, batch, WarmUpBatches);
            var (bytes, nanoseconds) = Measure(server, socket, batch, Batches);
            table.Add(name, Figure.Of(bytes), Figure.Of(nanoseconds));
        }
    }

    private static byte[] Encode(string[] words)
    {
        var request = $"*{words.Length}\r\n{string.Concat(words.Select(word => $"${word.Length}\r\n{word}\r\n"))}";
        return Encoding.ASCII.GetBytes(string.Concat(Enumerable.Repeat(request, Pipeline)));
    }

    private static (double Bytes, double Nanoseconds) Measure(Server server, Socket socket, byte[] batch, int batches)
    {
        var replies = new byte[1 << 16];
        long allocated = 0, ticks = 0;
        for (var i = 0; i < batches; i++)
        {
            socket.Send(batch);
            var wanted = server.Executor.CallsProcessed + Pipeline;
            var before = GC.GetAllocatedBytesForCurrentThread();
            var started = Stopwatch.GetTimestamp();
            while (server.Executor.CallsProcessed < wanted) server.Turn();
            ticks += Stopwatch.GetTimestamp() - started;
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            do socket.Receive(replies);
            while (socket.Available > 0);
        }
        var commands = (double)batches * Pipeline;
        return (allocated / commands, ticks * 1e9 / Stopwatch.Frequency / commands);
    }
}
