using System.Globalization;
using System.Net;

namespace Carnelian.Tests;

/// <summary>The change log of random sequences of writes, compared with the append-only file that Redis writes for them.</summary>
[NonParallelizable]
internal sealed class AppendOnlyComparisonTests
{
    private const int BatchesPerSeed = 60, ShortMs = 3;

    /// <summary>Both servers run on this machine's clock, Carnelian on its moment at the batch's begin.</summary>
    private const long ToleranceMs = 5000;

    [TestCase(1), TestCase(2), TestCase(3)]
    public void Redis_writes_the_same(int seed)
    {
        using var redis = ReferenceServer.Start("redis", "--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no", "--enable-debug-command", "yes");
        using var client = new SocketClient(new IPEndPoint(IPAddress.Loopback, redis.Port));
        Assert.That(client.Run("DEBUG", "SET-ACTIVE-EXPIRE", "0"), Is.EqualTo("+OK"));
        using var carnelian = new SimulatedServer();
        var log = new AppendOnlyText();
        carnelian.Server.Keyspace.Changes.Attach(log);
        carnelian.Server.Chores.ActiveExpiryEnabled = false;

        var requests = new WriteMaker(new Random(seed));
        for (var batch = 0; batch < BatchesPerSeed; batch++) RunBatch(requests.NextBatch(), client, carnelian);
        carnelian.AdvanceTime(0);
        Assert.That(log.Lines, Is.Not.Empty);
        Compare(log.Lines, AppendOnlyText.Read(FileOf(client)));
    }

    /// <summary>Runs the same on both. The last request may give a key a short life; then its end is awaited.</summary>
    private static void RunBatch(string[][] batch, SocketClient redis, SimulatedServer carnelian)
    {
        carnelian.World.ClockSkewMicroseconds += (NowMs() - carnelian.Server.NowMs) * 1000;
        // The clock was set: the server looks at it once a turn.
        carnelian.AdvanceTime(0);
        var replies = new List<string>();
        foreach (var request in batch) redis.Send(TestClient.Request(request));
        foreach (var request in batch) replies.Add(carnelian.Run(request));
        for (var i = 0; i < batch.Length; i++)
        {
            var expected = TestReply.Show(redis.Read());
            var isTime = batch[i][0].EndsWith("TTL", StringComparison.OrdinalIgnoreCase);
            if (!isTime) Assert.That(replies[i], Is.EqualTo(expected), string.Join(' ', batch[i]));
        }
        for (var until = NowMs() + ShortMs + 3; NowMs() < until;) Thread.Yield();
    }

    private static long NowMs() => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private static string FileOf(SocketClient redis)
    {
        redis.Send(TestClient.Request("CONFIG", "GET", "dir"));
        var folder = Path.Combine(redis.Read().Items[1].Text!, "appendonlydir");
        return System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(Directory.GetFiles(folder, "*.incr.aof").Single()));
    }

    private static void Compare(string[] carnelian, string[] redis)
    {
        for (var i = 0; i < Math.Min(carnelian.Length, redis.Length); i++)
        {
            if (AreAlike(carnelian[i].Split(' '), redis[i].Split(' '))) continue;
            Assert.Fail($"record {i}: Carnelian tells\n{string.Join('\n', carnelian[Math.Max(0, i - 3)..Math.Min(carnelian.Length, i + 3)])}\nwhere Redis tells\n{string.Join('\n', redis[Math.Max(0, i - 3)..Math.Min(redis.Length, i + 3)])}");
        }
        Assert.That(carnelian, Has.Length.EqualTo(redis.Length));
    }

    private static bool AreAlike(string[] one, string[] other)
    {
        if (one.Length != other.Length) return false;
        for (var i = 0; i < one.Length; i++)
        {
            if (one[i] == other[i]) continue;
            var isMoment = one[0] == "PEXPIREAT" ? i == 2 : i > 0 && one[i - 1] == "PXAT";
            if (!isMoment || !long.TryParse(one[i], CultureInfo.InvariantCulture, out var a) || !long.TryParse(other[i], CultureInfo.InvariantCulture, out var b)) return false;
            if (Math.Abs(a - b) > ToleranceMs) return false;
        }
        return true;
    }

    /// <summary>Draws requests on few keys. Only a batch's last request gives a short life, so that both servers see its end between batches.</summary>
    private sealed class WriteMaker(Random chance)
    {
        private int _next;

        public string[][] NextBatch()
        {
            var batch = new string[chance.Next(5, 40)][];
            for (var i = 0; i < batch.Length; i++) batch[i] = Request();
            batch[^1] = chance.Next(3) switch
            {
                0 => ["SET", Key(), Value(), "PX", $"{ShortMs}"],
                1 => ["PEXPIRE", Key(), $"{ShortMs}"],
                _ => ["set", Key(), Value(), "px", "1"],
            };
            return batch;
        }

        private string Key() => $"k{chance.Next(8)}";

        private string Value() => chance.Next(2) == 0 ? $"{chance.Next(-50, 50)}" : $"value{_next++}";

        private string Word(string word) => chance.Next(3) == 0 ? word.ToLowerInvariant() : word;

        private string Far() => $"{chance.Next(1000, 2000)}";

        private string[] Request() => chance.Next(42) switch
        {
            < 3 => [Word("SET"), Key(), Value()],
            < 7 => [Word("SET"), Key(), Value(), .. Options()],
            < 9 => [Word("INCR"), Key()],
            9 => [Word("DECR"), Key()],
            < 12 => [Word("INCRBY"), Key(), $"{chance.Next(-9, 9)}"],
            < 14 => [Word("APPEND"), Key(), Value()],
            < 16 => [Word("DEL"), Key(), Key()],
            16 => [Word("MSET"), Key(), Value(), Key(), Value()],
            < 20 => [Word("EXPIRE"), Key(), chance.Next(6) == 0 ? "-5" : Far(), .. Condition()],
            < 23 => [Word("PEXPIRE"), Key(), chance.Next(6) == 0 ? "0" : Far() + "000", .. Condition()],
            23 => [Word("PERSIST"), Key()],
            24 => [Word("SELECT"), $"{chance.Next(3)}"],
            25 => [Word("GET"), Key()],
            26 => [Word("MGET"), Key(), Key(), Key()],
            27 => chance.Next(6) == 0 ? [Word("FLUSHALL"), .. (chance.Next(2) == 0 ? new[] { "SYNC" } : [])] : [Word("EXISTS"), Key(), Key()],
            28 => [Word("TTL"), Key()],
            29 => [Word("SETNX"), Key(), Value()],
            30 => [Word("SETEX"), Key(), Far(), Value()],
            31 => [Word("PSETEX"), Key(), Far() + "000", Value()],
            32 => [Word("TYPE"), Key()],
            < 36 => [Word("SETBIT"), Key(), $"{chance.Next(100)}", $"{chance.Next(2)}"],
            36 => [Word("GETBIT"), Key(), $"{chance.Next(100)}"],
            37 => [Word("BITCOUNT"), Key()],
            38 => [Word("BITOP"), Word(new[] { "AND", "OR", "XOR" }[chance.Next(3)]), Key(), Key(), Key()],
            39 => [Word("BITOP"), Word("NOT"), Key(), Key()],
            _ => [Word("BITFIELD"), Key(), .. Fields()],
        };

        /// <summary>Not FAIL: a string that grows for operations that all fail is told otherwise than Redis does (docs/compatibility.md).</summary>
        private IEnumerable<string> Fields()
        {
            for (var i = chance.Next(1, 4); i > 0; i--)
            {
                yield return Word("OVERFLOW");
                yield return Word(chance.Next(2) == 0 ? "WRAP" : "SAT");
                var kind = new[] { "GET", "SET", "INCRBY" }[chance.Next(3)];
                yield return Word(kind);
                yield return $"{(chance.Next(2) == 0 ? 'i' : 'u')}{chance.Next(1, 60)}";
                yield return $"{(chance.Next(3) == 0 ? "#" : "")}{chance.Next(5)}";
                if (kind != "GET") yield return $"{chance.Next(-200, 200)}";
            }
        }

        private string[] Condition() => chance.Next(2) == 0 ? [] : [Word(new[] { "NX", "XX", "GT", "LT" }[chance.Next(4)])];

        private List<string> Options()
        {
            var options = new List<string>();
            if (chance.Next(3) == 0) options.Add(Word(chance.Next(2) == 0 ? "NX" : "XX"));
            if (chance.Next(3) == 0) options.Add(Word("GET"));
            switch (chance.Next(6))
            {
                case 0: options.AddRange([Word("EX"), Far()]); break;
                case 1: options.AddRange([Word("PX"), Far() + "000"]); break;
                case 2: options.Add(Word("KEEPTTL")); break;
                case 3: options.AddRange([Word("EXAT"), $"{NowMs() / 1000 + 5000}"]); break;
                case 4: options.AddRange([Word("PXAT"), $"{NowMs() + 5_000_000}"]); break;
            }
            return options;
        }
    }
}
