namespace Carnelian.Tests;

/// <summary>Damaged payloads in checked memory: whatever comes, nothing stops the server, nothing leaks, little memory is taken, and what was accepted works.</summary>
internal sealed class DamagedPayloadTests
{
    /// <summary>LZF may stand for 88 times its bytes; text takes two bytes a letter here and there.</summary>
    private const long BytesPerByteMax = 1000;

    private const long FixedBytesMax = 8 << 20;

    /// <summary>CARNELIAN_DAMAGED: so many payloads for each kind.</summary>
    private static int Rounds => TestSettings.Number("CARNELIAN_DAMAGED", 300);

    [Test]
    public void A_damaged_payload_is_refused_or_is_a_value([Range(0, RandomValues.Kinds + OldValues.Kinds - 1)] int kind)
    {
        var accepted = 0;
        for (var seed = 0; seed < Math.Max(1, Rounds / 100); seed++)
        {
            var random = new Random(kind * 1_000_003 + seed);
            using var rig = new PersistenceRig((ulong)seed + 1);
            rig.Dumps.ChecksChecksums = false;
            rig.Keyspace.Host.ListCompressDepth = seed % 2;
            var whole = Whole(rig, random, kind);
            for (var round = 0; round < 100; round++)
            {
                var payload = whole[..^10];
                Mutation.Apply(ref payload, random);
                accepted += Restore(rig, [.. payload, .. whole[^10..]], random) ? 1 : 0;
            }
        }
        TestContext.Out.WriteLine($"{accepted} of {Rounds} were values");
    }

    internal static byte[] Whole(PersistenceRig rig, Random random, int kind)
    {
        if (kind >= RandomValues.Kinds) return OldValues.Make(kind - RandomValues.Kinds, random);
        rig.Dumps.Compresses = random.Next(2) == 0;
        new RandomValues(rig, random).Make("made", kind);
        var payload = rig.Dump("made");
        rig.Run("DEL made");
        return payload;
    }

    /// <summary>Restores a payload over another key; what is accepted is used. True if it was.</summary>
    internal static bool Restore(PersistenceRig rig, byte[] payload, Random random)
    {
        rig.Run("SET k old");
        var before = GC.GetAllocatedBytesForCurrentThread() + rig.Allocator.UsedBytes;
        var reply = rig.Restore("k", payload).Text;
        Assert.That(GC.GetAllocatedBytesForCurrentThread() + rig.Allocator.UsedBytes - before, Is.LessThan(FixedBytesMax + payload.Length * BytesPerByteMax), Convert.ToHexString(payload));
        if (reply != "OK")
        {
            Assert.That(rig.Run("GET k").Text, Is.EqualTo("old"), "the key is as it was");
            return false;
        }
        try
        {
            Use(rig, random);
        }
        catch (BrokenInvariantException e)
        {
            Assert.Fail($"{e}\n{Convert.ToHexString(payload)}");
        }
        return true;
    }

    /// <summary>Reads all of a value and changes it in several ways.</summary>
    private static void Use(PersistenceRig rig, Random random)
    {
        rig.Show("k");
        rig.Run("COPY k copy REPLACE");
        var payload = rig.Dump("k");
        Assert.That(rig.Restore("copy", payload).Text, Is.EqualTo("OK"), "what was accepted once is accepted again");
        string[] changes = rig.Run("TYPE k").Text switch
        {
            "string" => ["APPEND k x", "SETRANGE k 3 y", "PFADD k a b", "PFCOUNT k"],
            "list" => ["LPUSH k x", "RPUSH k 5", "LINSERT k BEFORE x 7", "LSET k 0 y", "LREM k 0 5", "LTRIM k 0 -2", "LPOS k x", "LPOP k", "RPOP k"],
            "set" => ["SADD k x", "SADD k 5", "SREM k 5", "SPOP k", "SRANDMEMBER k 3", "SINTER k copy", "SUNIONSTORE copy k copy"],
            "zset" => ["ZADD k 5 x", "ZINCRBY k 3 x", "ZRANK k x", "ZRANGEBYSCORE k -inf inf", "ZCOUNT k 0 10", "ZREM k x", "ZPOPMIN k", "ZREMRANGEBYRANK k 0 0"],
            "vectorset" => ["APPEND k x", "OBJECT ENCODING k", "GET k", "RENAME k l", "COPY l k", "EXPIRE k 100", "MEMORY USAGE k"],
            "hash" => ["HSET k x 1", "HINCRBY k x 2", "HPEXPIRE k 100000 FIELDS 1 x", "HPERSIST k FIELDS 1 x", "HDEL k x", "HRANDFIELD k 3", "HSTRLEN k x"],
            _ => ["XADD k * a b", "XDEL k 2-1", "XLEN k", "XREVRANGE k + -", "XTRIM k MAXLEN 3", "XADD k * c d e f", "XTRIM k MINID 5", "XGROUP CREATE k new 0",
                "XREADGROUP GROUP new me STREAMS k >", "XAUTOCLAIM k new you 0 0", "XINFO STREAM k FULL", "XTRIM k MAXLEN 0"],
        };
        for (var i = 0; i < changes.Length; i++) rig.Run(random.Next(3) == 0 ? changes[random.Next(changes.Length)] : changes[i]);
        rig.Show("k");
        rig.Run("DEL k copy");
    }

    /// <summary>But for a module's value: whose parts are cut, the two bytes of the version may be a number and the end.</summary>
    [Test]
    public void A_payload_that_is_cut_is_refused_wherever_it_is_cut([Range(0, RandomValues.Kinds - 2)] int kind)
    {
        using var rig = new PersistenceRig();
        new RandomValues(rig, new Random(kind)).Make("k", kind);
        var payload = rig.Dump("k");
        // What a value lacks is read from the footer, as in Redis: ten bytes more must be missing, and a string have its length.
        for (var length = kind < 2 ? 2 : 0; length < payload.Length - 20; length += 1 + length / 50)
        {
            Assert.That(rig.Restore("k", Payload.Sealed([.. payload[..length], .. payload[^10..^8]])).Text, Is.EqualTo("ERR Bad data format"), $"{length} of {payload.Length}");
        }
    }
}
