using System.Globalization;

namespace Carnelian.Tests;

/// <summary>The change log of random sequences of writes, compared with the append-only file that Redis writes for them.</summary>
[NonParallelizable]
internal sealed class AppendOnlyComparisonTests
{
    private const int BatchesPerSeed = 80;

    /// <summary>Both servers run on this machine's clock, Carnelian on its moment at the batch's begin.</summary>
    private const long ToleranceMs = 5000;

    private static IEnumerable<TestCaseData> Seeds => RandomWrites.Seeds(1).Select(seed => new TestCaseData(seed, seed % 2 == 0 ? "yes" : "no"));

    [TestCaseSource(nameof(Seeds))]
    public void Redis_writes_the_same(int seed, string frees)
    {
        using var pair = new ServerPair(
            "--appendonly", "yes", "--appendfsync", "always", "--aof-use-rdb-preamble", "no", "--lazyfree-lazy-expire", frees, "--lazyfree-lazy-server-del", frees);
        Assert.That(pair.Carnelian.Run("CONFIG", "SET", "lazyfree-lazy-expire", frees, "lazyfree-lazy-server-del", frees), Is.EqualTo("+OK"));
        var log = new AppendOnlyText();
        pair.Carnelian.Server.Keyspace.Changes.Attach(log);
        var requests = new RandomWrites(new Random(seed));
        for (var batch = 0; batch < BatchesPerSeed; batch++) pair.Run(requests.NextBatch());
        pair.Carnelian.AdvanceTime(0);
        Assert.That(log.Lines, Is.Not.Empty);
        Compare(log.Lines, AppendOnlyText.Read(FileOf(pair.Redis)));
    }

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
            var isMoment = one[0].EndsWith("PEXPIREAT", StringComparison.OrdinalIgnoreCase) || one[0].Equals("RESTORE", StringComparison.OrdinalIgnoreCase) ? i == 2 : i > 0 && one[i - 1] is "PXAT" or "TIME";
            if (!isMoment || !long.TryParse(one[i], CultureInfo.InvariantCulture, out var a) || !long.TryParse(other[i], CultureInfo.InvariantCulture, out var b)) return false;
            if (Math.Abs(a - b) > ToleranceMs) return false;
        }
        return true;
    }
}
