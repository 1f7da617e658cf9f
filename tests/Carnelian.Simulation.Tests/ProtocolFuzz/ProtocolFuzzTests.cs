using System.Net;
using Microsoft.Extensions.Logging.Abstractions;

namespace Carnelian.Tests;

/// <summary>
/// Nothing that comes over a connection may stop the server or make it lose memory. CARNELIAN_FUZZ_STREAMS says how many
/// streams; CARNELIAN_FUZZ_SEED runs the one server that a failure names.
/// </summary>
internal sealed class ProtocolFuzzTests
{
    private const int StandardStreams = 20_000, StreamsPerServer = 500;

    [Test]
    public void No_stream_of_bytes_stops_the_server_or_makes_it_lose_memory([Values] bool isApart)
    {
        var one = TestSettings.Number("CARNELIAN_FUZZ_SEED", -1);
        if (one >= 0) Run(one, isApart);
        else
        {
            TestSettings.RunAll($"servers with {StreamsPerServer} streams each", TestSettings.Number("CARNELIAN_FUZZ_STREAMS", StandardStreams) / StreamsPerServer,
                seed => Run(seed, isApart));
        }
    }

    private static void Run(int seed, bool isApart)
    {
        var stream = 0;
        try
        {
            using var target = new FuzzedServer(seed, isApart);
            for (; stream < StreamsPerServer; stream++) target.RunStream();
        }
        catch (Exception e)
        {
            throw new AssertionException($"seed {seed}, stream {stream}: {e.Message}\n{e.StackTrace}", e);
        }
    }

    private sealed class FuzzedServer : IDisposable
    {
        private const int Port = 6379, TurnsMax = 5000;

        private readonly Random _chance;
        private readonly StreamMutator _streams;
        private readonly SimulatedWorld _world;
        private readonly Server _server;

        /// <param name="isApart">The lane might be on another thread.</param>
        public FuzzedServer(int seed, bool isApart)
        {
            _chance = new Random(seed);
            _streams = new StreamMutator(_chance);
            _world = new SimulatedWorld((ulong)seed);
            var conditions = _world.Simulation.Conditions;
            (conditions.DelayMicrosecondsMin, conditions.DelayMicrosecondsMax) = (1, 3);
            (conditions.PipeBytesMin, conditions.PipeBytesMax) = (32 * 1024, 64 * 1024);
            if (isApart) conditions.HandOverMicrosecondsMax = 3;
            var options = new ServerOptions { Bind = ["*"], Port = Port, Memory = new AllocatorOptions { Checked = true, RangeBytesMax = 256L << 20 } };
            // A stream that does authenticate is as interesting as one that does not.
            if (seed % 8 == 0) options.Password = "1"u8.ToArray();
            _server = new Server(options, _world, NullLogger.Instance);
            Assert.That(_server.Start(), Is.Null);
        }

        public void RunStream()
        {
            var peer = Connect();
            var bytes = _streams.Next().AsSpan();
            while (!bytes.IsEmpty)
            {
                var piece = _chance.Next(2) == 0 ? bytes.Length : _chance.Next(1, bytes.Length + 1);
                peer.Send(bytes[..piece]);
                bytes = bytes[piece..];
                if (!bytes.IsEmpty) _server.Turn();
            }
            if (_chance.Next(10) == 0) peer.Reset();
            else
            {
                peer.CloseWrite();
                TurnUntil(() => peer.HasEnded || peer.Error is not null, "the stream is not ended");
                CheckReplies(peer.TakeReceived());
            }
            CheckThatItServes();
        }

        /// <summary>What is answered is RESP. The last reply may be cut: as with Redis, who ends its direction gets only what is sent by then.</summary>
        private static void CheckReplies(ReadOnlySpan<byte> replies)
        {
            while (RespValue.Read(replies, out var length) is not null) replies = replies[length..];
        }

        private void CheckThatItServes()
        {
            var peer = Connect();
            if (_server.Options.Password is not null) peer.Send("AUTH 1\r\n"u8);
            peer.Send("*1\r\n$4\r\nPING\r\n"u8);
            TurnUntil(() => peer.Received.AsSpan().EndsWith("+PONG\r\n"u8) || peer.Error is not null || peer.HasEnded, "PING is not answered");
            if (!peer.Received.AsSpan().EndsWith("+PONG\r\n"u8)) throw new AssertionException($"no PONG but {System.Text.Encoding.Latin1.GetString(peer.Received)}");
            peer.Close();
        }

        private SimulatedPeer Connect() => _world.Network.ConnectPeer(new IPEndPoint(IPAddress.Loopback, Port));

        private void TurnUntil(Func<bool> condition, string otherwise)
        {
            var simulation = _world.Simulation;
            for (var turns = 0; !condition(); turns++)
            {
                if (turns == TurnsMax) throw new AssertionException(otherwise);
                if (!simulation.RunNext(simulation.NowNanoseconds + 5000)) _server.Turn();
            }
        }

        /// <summary>Fails when a block leaks.</summary>
        public void Dispose()
        {
            for (var i = 0; i < 50; i++) _server.Turn();
            Assert.That(_server.Clients, Is.Empty);
            _server.Dispose();
            _world.Dispose();
        }
    }
}
