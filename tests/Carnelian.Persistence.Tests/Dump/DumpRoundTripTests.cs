namespace Carnelian.Tests;

internal sealed class DumpRoundTripTests
{
    [Test]
    public void What_is_restored_is_what_was_dumped_and_kept_alike([Range(0, RandomValues.Kinds - 1)] int kind)
    {
        for (var seed = 0; seed < 15; seed++)
        {
            using var rig = new PersistenceRig((ulong)seed + 1);
            var random = new Random(seed);
            rig.Keyspace.Host.ListCompressDepth = seed % 3;
            rig.Dumps.Compresses = seed % 2 == 0;
            new RandomValues(rig, random).Make("k", kind);
            var payload = rig.Dump("k");
            Assert.That(rig.Restore("copy", payload).Text, Is.EqualTo("OK"), $"seed {seed}");
            rig.Run("PERSIST k");
            Assert.That(rig.ShowKept("copy"), Is.EqualTo(rig.ShowKept("k")), $"seed {seed}");
            if (rig.Run("OBJECT ENCODING k").Text != "hashtable") Assert.That(rig.Dump("copy"), Is.EqualTo(payload), $"seed {seed}");
            Assert.That(rig.Restore("k", payload).Text, Is.EqualTo("OK"), "in place of itself");
            Assert.That(rig.ShowKept("k"), Is.EqualTo(rig.ShowKept("copy")));
            rig.Run("DEL k copy");
        }
    }

    [TestCase("SADD k a", RdbFormat.Redis70, 2, 6), TestCase("XADD k 1-1 a b", RdbFormat.Redis70, 19, 10), TestCase("HSET k a b", RdbFormat.Redis70, 16, 10)]
    [TestCase("SADD k a", RdbFormat.Valkey, 20, 11), TestCase("XADD k 1-1 a b", RdbFormat.Valkey, 21, 11), TestCase("SET k v", RdbFormat.Valkey, 0, 6)]
    public void Who_is_to_read_payloads_decides_about_their_form(string words, RdbFormat format, int type, int version)
    {
        using var rig = new PersistenceRig();
        rig.Run(words);
        rig.Dumps.Settings.Format = format;
        var payload = rig.Dump("k");
        Assert.That((payload[0], payload[^10]), Is.EqualTo(((byte)type, (byte)version)));
        Assert.That(rig.Restore("l", payload).Text, Is.EqualTo("OK"));
        Assert.That(rig.ShowKept("l"), Is.EqualTo(rig.ShowKept("k")));
    }

    [TestCase(RdbFormat.Redis70, 25, 12), TestCase(RdbFormat.Redis8, 25, 12), TestCase(RdbFormat.Valkey, 22, 80)]
    public void Times_of_fields_have_two_forms(RdbFormat format, int type, int version)
    {
        using var rig = new PersistenceRig();
        rig.Run("HSET k f v g w");
        rig.Run("HPEXPIREAT k 4102444800000 FIELDS 1 f");
        rig.Dumps.Settings.Format = format;
        var payload = rig.Dump("k");
        Assert.That((payload[0], payload[^10]), Is.EqualTo(((byte)type, (byte)version)));
        Assert.That(rig.Restore("l", payload).Text, Is.EqualTo("OK"));
        Assert.That(rig.Show("l"), Is.EqualTo(rig.Show("k")));
    }

    /// <summary>The other form is read too: limits that were lowered or raised meanwhile decide.</summary>
    [Test]
    public void What_is_restored_is_kept_as_the_limits_say([Range(0, RandomValues.Kinds - 1)] int kind, [Values] bool isPackedAtFirst)
    {
        for (var seed = 0; seed < 10; seed++)
        {
            using var rig = new PersistenceRig((ulong)seed + 1);
            SetLimits(rig, isPackedAtFirst);
            new RandomValues(rig, new Random(seed)).Make("k", kind);
            var payload = rig.Dump("k");
            rig.Run("PERSIST k");
            var shown = rig.Show("k");
            SetLimits(rig, !isPackedAtFirst);
            Assert.That(rig.Restore("k", payload).Text, Is.EqualTo("OK"));
            Assert.That(rig.Show("k"), Is.EqualTo(shown));
            var encoding = rig.Run("OBJECT ENCODING k").Text;
            if (kind >= 4 && kind <= 12) Assert.That(encoding is "hashtable" or "skiplist", Is.EqualTo(isPackedAtFirst), encoding);
        }
    }

    private static void SetLimits(PersistenceRig rig, bool packs)
    {
        var host = rig.Keyspace.Host;
        var most = packs ? 100_000 : 0;
        host.HashLimit = new(most, most);
        host.SetLimit = new(most, most, most);
        host.SortedSetLimit = new(most, most);
        host.ListLimit = packs ? NodeLimit.Of(-5) : NodeLimit.Of(1);
    }

    [TestCase("SET k v", 6), TestCase("SADD k 1", 6), TestCase("SADD k a", 11), TestCase("RPUSH k a", 10), TestCase("HSET k a b", 10), TestCase("ZADD k 1 a", 10)]
    [TestCase("XADD k 1-1 a b", 11), TestCase("PFADD k a", 6)]
    public void The_footer_has_the_first_version_that_knows_such_values(string words, int version)
    {
        using var rig = new PersistenceRig();
        rig.Run(words);
        Assert.That(rig.Dump("k")[^10..^8], Is.EqualTo(new byte[] { (byte)version, 0 }));
        rig.Run("HSET times f v");
        rig.Run("HPEXPIREAT times 4102444800000 FIELDS 1 f");
        Assert.That(rig.Dump("times")[^10..^8], Is.EqualTo(new byte[] { 12, 0 }));
    }
}
