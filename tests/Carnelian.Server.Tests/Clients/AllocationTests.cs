using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian.Tests;

/// <summary>Serving must give the garbage collector nothing to do.</summary>
internal sealed class AllocationTests
{
    /// <summary>Memory that nobody needs is first given back after a second, then more seldom.</summary>
    private const int WarmUpTurns = 5000;

    private const int Turns = 1000;

    [TestCase("*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", 1), TestCase("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n", 1)]
    [TestCase("*2\r\n$3\r\nGET\r\n$3\r\nkey\r\n", 100), TestCase("*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n", 100)]
    [TestCase("*5\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n$2\r\nEX\r\n$3\r\n100\r\n", 10), TestCase("*2\r\n$4\r\nINCR\r\n$1\r\nn\r\n", 10)]
    [TestCase("GET key\r\n", 1), TestCase("*1\r\n$4\r\nPING\r\n", 50), TestCase("*2\r\n$3\r\nDEL\r\n$3\r\nkey\r\n", 10)]
    public void A_turn_with_requests_allocates_no_managed_memory(string request, int pipeline) => AssertAllocatesNothing(request, pipeline, pipeline);

    [TestCase("RPUSH l a\r\nLPUSH l b\r\nLPOP l\r\nRPOP l\r\n"), TestCase("RPUSH k a b c d\r\nLRANGE k 0 -1\r\nLTRIM k 0 100\r\nLMOVE k k LEFT RIGHT\r\nLINDEX k 1\r\nLSET k 0 x\r\n")]
    [TestCase("HSET h f v g w\r\nHGET h f\r\nHDEL h g\r\nHINCRBY h n 1\r\nHGETALL h\r\nHMGET h f g\r\nHEXISTS h f\r\n"), TestCase("HSET h f v\r\nHEXPIRE h 1000 FIELDS 1 f\r\nHGETEX h PERSIST FIELDS 1 f\r\n")]
    [TestCase("SADD n 1 2 3 500\r\nSISMEMBER n 2\r\nSMEMBERS n\r\nSPOP n\r\nSREM n 3 500\r\nSRANDMEMBER n 2\r\n")]
    [TestCase("SADD p a b 3 d\r\nSISMEMBER p b\r\nSMISMEMBER p a 3\r\nSMEMBERS p\r\nSPOP p\r\nSPOP p 2\r\nSREM p b\r\nSSCAN p 0\r\n")]
    [TestCase("SADD t xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx a b c d e f g h\r\nSISMEMBER t b\r\nSMEMBERS t\r\nSPOP t\r\nSPOP t 2\r\nSREM t b\r\nSRANDMEMBER t 2\r\nSCARD t\r\n")]
    [TestCase("SADD a 1 2 x\r\nSADD b 2 x y\r\nSINTER a b\r\nSUNION a b\r\nSDIFF a b\r\nSINTERCARD 2 a b\r\nSUNIONSTORE c a b\r\nSMOVE a b 1\r\n")]
    [TestCase("ZADD z 1 a 2.5 b 3 c\r\nZINCRBY z 1.25 a\r\nZSCORE z b\r\nZRANK z b\r\nZRANGE z 0 -1 WITHSCORES\r\nZRANGEBYSCORE z 1 (3\r\nZPOPMIN z\r\nZREM z c\r\nZCOUNT z -inf +inf\r\n")]
    [TestCase("ZADD t 1 xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx 2.5 b 3 c\r\nZINCRBY t 1.25 b\r\nZRANK t b\r\nZREVRANGE t 0 -1\r\nZRANGEBYLEX t - +\r\nZPOPMAX t\r\nZREMRANGEBYRANK t 0 0\r\nZSCAN t 0\r\n")]
    [TestCase("ZADD a 1 x 2 y\r\nZADD b 1 y 2 z\r\nZUNION 2 a b WITHSCORES\r\nZINTERSTORE c 2 a b WEIGHTS 2 1\r\nZDIFF 2 a b\r\nZINTERCARD 2 a b\r\nZRANDMEMBER a 1\r\nZRANGESTORE d a 0 -1\r\n")]
    [TestCase("GEOADD g 13.361389 38.115556 p 15.087269 37.502669 c 15 38 d\r\nGEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC WITHDIST WITHCOORD\r\nGEOSEARCH g FROMMEMBER p BYBOX 400 400 km\r\nGEODIST g p c\r\nGEOPOS g p c x\r\nGEOSEARCHSTORE s g FROMLONLAT 15 37 BYRADIUS 200 km COUNT 2\r\n")]
    [TestCase("XADD s MAXLEN 50 * f v g 17\r\nXADD s MAXLEN ~ 50 * f v\r\nXLEN s\r\nXRANGE s - + COUNT 5\r\nXREVRANGE s + -\r\nXREAD COUNT 2 STREAMS s 0\r\nXTRIM s MAXLEN 40\r\nXDEL s 1-1\r\n")]
    [TestCase("XADD s MAXLEN 50 * f v\r\nXGROUP CREATE s g 0 MKSTREAM\r\nXREADGROUP GROUP g c COUNT 1 STREAMS s >\r\nXACK s g 1-1 2-2\r\nXPENDING s g\r\nXGROUP DESTROY s g\r\n")]
    [TestCase("XADD s MAXLEN 50 * f v\r\nXGROUP CREATE s g 0 MKSTREAM\r\nXREADGROUP GROUP g c COUNT 9 STREAMS s >\r\nXCLAIM s g d 0 0-1 RETRYCOUNT 3\r\nXAUTOCLAIM s g d 0 - COUNT 5\r\nXREADGROUP GROUP g c CLAIM 0 COUNT 3 STREAMS s >\r\nXGROUP DESTROY s g\r\n")]
    [TestCase("MULTI\r\nSET a 1\r\nINCR a\r\nEXEC\r\nWATCH a\r\nUNWATCH\r\n")]
    public void Work_on_lists_hashes_and_sets_allocates_no_managed_memory(string requests) => AssertAllocatesNothing(requests, 1, requests.Count(c => c == '\n'));

    [Test]
    public void Pipelines_of_many_arguments_allocate_no_managed_memory() =>
        AssertAllocatesNothing($"RPUSH l {string.Join(' ', Enumerable.Range(0, 50))}\r\nLTRIM l 0 10\r\n", 50, 100);

    [TestCase("SETBIT b 100000 1\r\nBITCOUNT b\r\nBITPOS b 1 5 -5 BIT\r\n")]
    [TestCase("BITFIELD b INCRBY u9 #7 300 OVERFLOW FAIL SET i5 9000 99 GET u1 3\r\n")]
    [TestCase("SETBIT b 100000 1\r\nSETBIT c 200000 1\r\nBITOP OR to b c\r\nBITOP ONE to b c to\r\nBITOP NOT b b\r\nBITOP AND to missing\r\n")]
    public void Work_on_bits_allocates_no_managed_memory(string requests) => AssertAllocatesNothing(requests, 1, requests.Count(c => c == '\n'));

    /// <summary>Copied messages, of several chunks too, and such as are stored once.</summary>
    [TestCase(5, 1), TestCase(500, 40), TestCase(5000, 3)]
    public void Messages_to_many_allocate_no_managed_memory(int bytes, int pipeline) =>
        Assert.That(Allocated($"*3\r\n$7\r\nPUBLISH\r\n$1\r\nc\r\n${bytes}\r\n{new string('x', bytes)}\r\n", pipeline, pipeline, others: 20, prepare: server =>
        {
            foreach (var client in server.Clients) server.Subscriptions.Add(client, SubscriptionKind.Channel, "c"u8);
        }), Is.Zero);

    /// <summary>Copied lines, and such as are stored once.</summary>
    [TestCase(5, 10), TestCase(5000, 3)]
    public void Monitors_and_hot_keys_allocate_no_managed_memory(int bytes, int pipeline) =>
        Assert.That(Allocated($"SET k {new string('x', bytes)}\r\n", pipeline, pipeline, others: 3, prepare: server =>
        {
            foreach (var client in server.Clients.Skip(1)) server.Monitors.Add(client);
            server.HotKeys.Start(new(HotKeyMetrics.Cpu | HotKeyMetrics.Net, 10, 0, 1, []));
        }), Is.Zero);

    [TestCase("INFO\r\n"), TestCase("INFO everything\r\n")]
    public void Info_leaves_little_garbage(string request) => Assert.That(Allocated(request, 1, 1) / Turns, Is.LessThan(28 << 10));

    /// <summary>A string of it would take two bytes for each of its own, and it may have 512 MB.</summary>
    [TestCase("CLIENT SETINFO {0} x"), TestCase("CLIENT LIST TYPE {0}"), TestCase("CLIENT KILL USER {0} ID 1"), TestCase("CLIENT KILL ADDR {0}")]
    [TestCase("HELLO 3 {0}"), TestCase("EXPIRE k 1 {0}"), TestCase("DEBUG {0}")]
    [TestCase("COMMAND LIST FILTERBY ACLCAT {0}"), TestCase("INFO {0}")]
    public void A_long_argument_that_is_quoted_or_looked_up_makes_no_string_of_its_length(string request) =>
        Assert.That(Allocated(string.Format(request, new string('x', 50_000)) + "\r\n", 1, 1), Is.LessThan(Turns * 50_000));

    private static void AssertAllocatesNothing(string request, int pipeline, int callsPerTurn) =>
        Assert.That(Allocated(request, pipeline, callsPerTurn), Is.Zero);

    /// <summary>
    /// Bytes in <see cref="Turns"/> turns: the least of three times, because draws and the workers' pace may have a list grow beyond what it was before, once. What
    /// commands or seconds allocate is in each of them.
    /// </summary>
    /// <param name="others">So many clients are there besides.</param>
    private static long Allocated(string request, int pipeline, int callsPerTurn, int others = 0, Action<Server>? prepare = null)
    {
        using var world = new MemoryWorld(request, pipeline);
        using var server = new Server(new ServerOptions { Port = 1, Bind = ["127.0.0.1"], Memory = new AllocatorOptions { RangeBytesMax = 1L << 30 } }, world, NullLogger.Instance);
        Assert.That(server.Start(), Is.Null);
        var listener = new MemoryListener(new ListenOptions(new IPEndPoint(IPAddress.Loopback, 1)));
        for (var i = 0; i < others; i++) ((INetworkHandler)server.Clients.Lane).OnAccepted(new MemoryConnection(""), listener);
        prepare?.Invoke(server);
        for (var i = 0; i < WarmUpTurns; i++) server.Turn();
        var least = long.MaxValue;
        for (var time = 0; time < 3 && least > 0; time++)
        {
            var calls = server.Executor.CallsProcessed;
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < Turns; i++) server.Turn();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.That(server.Executor.CallsProcessed - calls, Is.EqualTo(Turns * callsPerTurn));
        }
        return least;
    }

    /// <summary>CLIENT LIST and INFO tell it; they would lie if it no longer fitted.</summary>
    [Test]
    public void A_client_takes_as_much_managed_memory_as_is_told()
    {
        const int clients = 1000;
        using var world = new MemoryWorld("", 0);
        using var server = new Server(new ServerOptions { Port = 1, Bind = ["127.0.0.1"], Memory = new AllocatorOptions { RangeBytesMax = 1L << 30 } }, world, NullLogger.Instance);
        var listener = new MemoryListener(new ListenOptions(new IPEndPoint(IPAddress.Loopback, 1)));
        var connections = Array.ConvertAll(new int[clients], _ => new MemoryConnection(""));
        INetworkHandler handler = server.Clients.Lane;
        handler.OnAccepted(new MemoryConnection(""), listener);
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var connection in connections) handler.OnAccepted(connection, listener);
        var allocated = (GC.GetAllocatedBytesForCurrentThread() - before) / clients;
        // Growing the table of clients leaves old ones behind: garbage, not the clients'.
        Assert.That(server.Clients.First!.Value.MemoryBytes, Is.EqualTo(allocated).Within(20).Percent);
    }

    /// <summary>
    /// A world whose one connection brings the same bytes every turn and takes all that is sent. A turn lasts a millisecond: what
    /// happens every second has happened before anything is measured, and happens once more meanwhile.
    /// </summary>
    private sealed class MemoryWorld(string request, int pipeline) : World
    {
        private readonly RealWorld _real = new();
        private readonly TurnClock _clock = new();
        private MemoryNetwork? _network;

        public override Clock Clock => _clock;

        public override Randomness Randomness => _real.Randomness;

        public override Disk Disk => _real.Disk;

        public override Network Network => _network ??= new(request, pipeline, _clock);

        public override Workers Workers => _real.Workers;

        public override ProcessInformation Process => _real.Process;

        public override Budget StartBudget(long microseconds) => _real.StartBudget(microseconds);

        public override void Dispose() => _real.Dispose();
    }

    private sealed class TurnClock : Clock
    {
        private const long Start = 1_800_000_000_000_000;

        public long Turns { get; set; }

        public override long UnixMicroseconds => Start + Turns * 1000;

        public override long MonotonicNanoseconds => Turns * 1_000_000;

        public override void Block(long microseconds) => throw new NotSupportedException("no request here waits");
    }

    private sealed class MemoryNetwork(string request, int pipeline, TurnClock clock) : Network
    {
        private readonly MemoryConnection _connection = new(string.Concat(Enumerable.Repeat(request, pipeline)));
        private Listener? _accepting;

        public override ListenResult Listen(ListenOptions options) => new(_accepting = new MemoryListener(options), null);

        public override void Turn(INetworkHandler handler, int timeoutMilliseconds)
        {
            if (_accepting is not null) handler.OnAccepted(_connection, _accepting);
            _accepting = null;
            clock.Turns++;
            handler.OnReadable(_connection);
        }

        public override void Wake()
        {
        }

        public override Connection Connect(EndPoint remote, EndPoint? local = null) => throw new NotSupportedException("the server under test connects to nobody");
    }

    private sealed class MemoryListener(ListenOptions options) : Listener
    {
        public override ListenOptions Options => options;

        public override EndPoint Address => options.Address;

        public override void Close()
        {
        }
    }

    private sealed class MemoryConnection(string input) : Connection
    {
        private readonly byte[] _input = System.Text.Encoding.ASCII.GetBytes(input);
        private bool _closed;

        public override int Id => 1;

        public override string RemoteAddress => "127.0.0.1:1";

        public override string LocalAddress => "127.0.0.1:2";

        public override bool IsLoopback => true;

        public override bool IsEstablished => true;

        public override string? Error => null;

        public override bool WatchReadable { get; set; } = true;

        public override bool WatchWritable { get; set; }

        public override bool IsClosed => _closed;

        public override int Receive(Span<byte> destination)
        {
            _input.CopyTo(destination);
            return _input.Length;
        }

        public override int Send(ReadOnlySpan<byte> source) => source.Length;

        public override void SetKeepAlive(int seconds)
        {
        }

        public override void Close() => _closed = true;
    }
}
