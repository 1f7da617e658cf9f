using System.Text;

namespace Carnelian.Tests;

internal sealed class RdbFileTests
{
    [Test]
    public void What_is_loaded_is_what_was_written([Range(1, 12)] int seed)
    {
        using var from = RandomValues.Filled(seed, 60);
        var file = RdbTestFile.Write(from, sums: seed % 3 != 0);
        using var to = new PersistenceRig((ulong)seed);
        var loader = new RdbLoader(to.Keyspace);
        var reader = RdbTestFile.Load(to, file, loader, chunkBytes: 100 + seed * 300);
        while (!reader.IsOver) reader.ReadSome(1 + seed % 7);
        Assert.That(reader.Error, Is.Null, $"at {reader.ErrorOffset} of {file.Length}");
        Assert.That((loader.KeysLoaded, reader.EmptyKeys), Is.EqualTo((60L, 0L)));
        Assert.That(RandomValues.Shown(to), Is.EqualTo(RandomValues.Shown(from)));
        Assert.That(loader.Aux["redis-ver"], Is.EqualTo("8.0.6"));
        Assert.That(reader.Version, Is.EqualTo(12));
    }

    /// <summary>Without hashes whose fields expire unless the kinds say so.</summary>
    private static PersistenceRig Filled(int seed, int[] kinds)
    {
        var rig = new PersistenceRig((ulong)seed + 1);
        var values = new RandomValues(rig, new Random(seed));
        for (var i = 0; i < 4 * kinds.Length; i++) values.Make($"key-{i}", kinds[i % kinds.Length]);
        return rig;
    }

    private static readonly int[] _withoutTimes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14];

    private static void AssertIsLoaded(PersistenceRig from, byte[] file, int version, bool isKeptAlike = true)
    {
        using var to = new PersistenceRig();
        var reader = RdbTestFile.Load(to, file);
        Assert.That(reader.ReadAll(), reader.Error);
        Assert.That(reader.Version, Is.EqualTo(version));
        if (isKeptAlike) Assert.That(RandomValues.Shown(to), Is.EqualTo(RandomValues.Shown(from)));
        foreach (var key in from.Run("KEYS *").Items) Assert.That(to.Show(key.Text!), Is.EqualTo(from.Show(key.Text!)));
    }

    [Test]
    public void A_file_has_the_version_of_Redis_7_0_unless_fields_expire([Range(1, 6)] int seed, [Values(RdbFormat.Lowest, RdbFormat.Redis70, RdbFormat.Valkey)] RdbFormat format)
    {
        using var from = Filled(seed, _withoutTimes);
        AssertIsLoaded(from, RdbTestFile.Write(from, format: format), 10);
        from.Run("HSET hash f v");
        from.Run("HPEXPIREAT hash 4102444800000 FIELDS 1 f");
        // Valkey keeps no times in packed hashes.
        var isValkey = format == RdbFormat.Valkey;
        AssertIsLoaded(from, RdbTestFile.Write(from, format: format), isValkey ? 80 : 12, isKeptAlike: !isValkey);
        // A hash that may have times and has none is as any other.
        from.Run("HPERSIST hash FIELDS 1 f");
        AssertIsLoaded(from, RdbTestFile.Write(from, format: format), 10, isKeptAlike: false);
        AssertIsLoaded(from, RdbTestFile.Write(from, format: RdbFormat.Redis8), 12);
    }

    [Test]
    public void Times_of_fields_are_written_for_Valkey_too([Range(1, 4)] int seed)
    {
        using var from = Filled(seed, [11, 12, 4, 13]);
        AssertIsLoaded(from, RdbTestFile.Write(from, format: RdbFormat.Valkey), 80, isKeptAlike: false);
    }

    [Test]
    public void A_set_that_an_old_file_tells_member_by_member_is_packed_again()
    {
        using PersistenceRig from = new(), to = new();
        from.Keyspace.Host.SetLimit = new(IntegersMax: 2, MembersMax: 3, TextBytesMax: 64);
        from.Run("SADD packed a b c");
        from.Run("SADD table a b c d");
        from.Keyspace.Host.SetLimit = to.Keyspace.Host.SetLimit = new(IntegersMax: 2, MembersMax: 100, TextBytesMax: 64);
        Assert.That(RdbTestFile.Load(to, RdbTestFile.Write(from, format: RdbFormat.Lowest)).ReadAll());
        Assert.That((to.ShowKept("packed"), to.ShowKept("table")), Is.EqualTo(("listpack set -1 a b c", "listpack set -1 a b c d")));
        // A newer one tells what was a table.
        to.Run("FLUSHALL");
        Assert.That(RdbTestFile.Load(to, RdbTestFile.Write(from, format: RdbFormat.Redis8)).ReadAll());
        Assert.That((to.ShowKept("packed"), to.ShowKept("table")), Is.EqualTo(("listpack set -1 a b c", "hashtable set -1 a b c d")));
    }

    [Test]
    public void An_old_file_tells_when_consumers_got_something_in_front_of_their_stream()
    {
        using var from = new PersistenceRig();
        from.Run("XGROUP CREATE k g $ MKSTREAM");
        from.Run("XGROUP CREATECONSUMER k g never");
        from.Run("XADD k 1-1 a b");
        from.Run("XREADGROUP GROUP g once STREAMS k >");
        from.World.Simulation.Advance(5_000);
        from.Run("XREADGROUP GROUP g once STREAMS k >");
        var file = RdbTestFile.Write(from, format: RdbFormat.Lowest);
        Assert.That(Encoding.Latin1.GetString(file), Does.Contain("consumers-active"));
        using var to = new PersistenceRig();
        to.World.Simulation.Advance(5_000);
        Assert.That(RdbTestFile.Load(to, file).ReadAll());
        Assert.That(to.Show("k"), Is.EqualTo(from.Show("k")).And.Contains("inactive -1").And.Contains("inactive 5000"));
        // The next stream has nothing of it.
        from.Run("XADD l 1-1 a b");
        from.Run("XGROUP CREATE l g 0");
        from.Run("XREADGROUP GROUP g c STREAMS l >");
        using var both = new PersistenceRig();
        Assert.That(RdbTestFile.Load(both, RdbTestFile.Write(from, format: RdbFormat.Lowest)).ReadAll());
        both.World.Simulation.Advance(5_000);
        Assert.That(both.Show("l"), Is.EqualTo(from.Show("l")));
    }

    [Test]
    public void A_file_goes_through_the_disk_and_says_what_failed_there()
    {
        using var from = RandomValues.Filled(1, 40);
        var disk = from.World.Disk;
        using (var file = disk.Open("dump.rdb", DiskOpenMode.Replace).Value!)
        {
            var output = new RdbFileOutput(file);
            var writer = new RdbFileWriter(output, RdbVersion.Redis);
            writer.Begin();
            writer.Database(0, 1, 0);
            from.Run("SET long " + new string('x', 300_000));
            from.Run("SELECT 0");
            writer.Key(from.Keyspace.Databases[0].Data, from.Keyspace.Find(from.Keyspace.Databases[0], from.Keyspace.KeyOf("long"u8)));
            writer.End();
            Assert.That((output.Status.Ok, output.Written), Is.EqualTo((true, file.Length)));
        }
        using var read = disk.Open("dump.rdb", DiskOpenMode.Read).Value!;
        using var to = new PersistenceRig();
        var reader = new RdbFileReader(new RdbFileSource(read), new RdbLoader(to.Keyspace));
        Assert.That(reader.ReadAll(), reader.Error);
        Assert.That(to.Run("STRLEN long").Integer, Is.EqualTo(300_000));
        disk.FreeBytes = 10;
        using var full = disk.Open("full.rdb", DiskOpenMode.Replace).Value!;
        var failing = new RdbFileOutput(full);
        failing.Bytes(new byte[200_000]);
        Assert.That(failing.Status.Error, Is.EqualTo("No space left on device"));
    }

    [Test]
    public void What_is_over_is_left_out_unless_the_file_is_the_base_of_another_one()
    {
        using var from = new PersistenceRig();
        from.Run("SET stays v");
        from.Run("RPUSH goes a b");
        from.Run("PEXPIREAT goes 4102444800000");
        var file = RdbTestFile.Write(from);
        foreach (var drops in new[] { true, false })
        {
            using var to = new PersistenceRig();
            to.Keyspace.NowMs = 4102444800001;
            var loader = new RdbLoader(to.Keyspace) { DropsExpired = drops };
            Assert.That(RdbTestFile.Load(to, file, loader).ReadAll());
            Assert.That((to.Keyspace.Databases[0].Data.Count, loader.KeysExpired), Is.EqualTo(drops ? (1L, 1L) : (2L, 0L)));
        }
    }

    [Test]
    public void Idle_times_are_written_and_read()
    {
        using var from = new PersistenceRig();
        from.Run("SET k v");
        from.Keyspace.Access.Advance(500_000);
        var file = RdbTestFile.Write(from, withUse: true);
        using var to = new PersistenceRig();
        to.Keyspace.Access.Advance(900_000);
        Assert.That(RdbTestFile.Load(to, file).ReadAll());
        Assert.That(to.Run("OBJECT IDLETIME k").Integer, Is.EqualTo(500));
    }

    [Test]
    public void All_that_files_have_besides_keys_is_understood_or_passed_over()
    {
        using var rig = new PersistenceRig();
        var loader = new RdbLoader(rig.Keyspace);
        var file = RdbTestFile.Of("REDIS0011", o =>
        {
            void Aux(string name, string value) { o.Byte(250); o.Text(name); o.Text(value); }
            Aux("redis-ver", "7.2.0");
            Aux("never heard of", "1");
            // Data of a module: a number, a double, a text.
            o.Byte(247); o.Length(12345); o.Length(2); o.Length(1);
            o.Length(2); o.Length(7); o.Length(4); o.Double(1.5); o.Length(5); o.Text("text"); o.Length(3); o.Bytes(new byte[4]); o.Length(0);
            o.Byte(245); o.Text("#!lua name=lib\nredis.call('ping')");
            o.Byte(254); o.Length(2); o.Byte(251); o.Length(5); o.Length(1);
            o.Byte(244); o.Length(100); o.Length(5); o.Length(1);
            o.Byte(253); o.Bytes([0, 0, 0, 0x7f]); o.Byte(249); o.Byte(200); o.Byte(0); o.Text("seconds"); o.Text("v");
            o.Byte(252); o.Milliseconds(4102444800000); o.Byte(248); o.Length(77); o.Byte(0); o.Text("ms"); o.Text("v");
            o.Byte(1); o.Text("empty"); o.Length(0);
            o.Byte(0); o.Text("none"); o.Text("v");
        });
        var reader = RdbTestFile.Load(rig, file, loader);
        Assert.That(reader.ReadAll(), reader.Error);
        rig.Database = 2;
        Assert.That(rig.Run("PEXPIRETIME seconds").Integer, Is.EqualTo(0x7f000000L * 1000));
        Assert.That(rig.Run("PEXPIRETIME ms").Integer, Is.EqualTo(4102444800000));
        Assert.That(rig.Run("PEXPIRETIME none").Integer, Is.EqualTo(-1), "each key has its own");
        Assert.That((loader.KeysLoaded, reader.EmptyKeys, reader.ModuleParts, loader.Functions.Count), Is.EqualTo((3L, 1L, 1L, 1)));
        Assert.That(Encoding.ASCII.GetString(loader.Functions[0]), Does.StartWith("#!lua name=lib"));
        Assert.That(loader.Aux, Has.Count.EqualTo(2));
    }

    private static string? ErrorOf(byte[] file)
    {
        using var rig = new PersistenceRig();
        var reader = RdbTestFile.Load(rig, file);
        return reader.ReadAll() ? null : $"{reader.ErrorOffset}: {reader.Error}";
    }

    [Test]
    public void Versions_1_to_13_and_Valkeys_80_are_read_and_no_others([Values(1, 4, 5, 12, 13, 14, 79, 80, 0, 81)] int version)
    {
        var isValkey = version >= 80;
        var file = RdbTestFile.Of(isValkey ? $"VALKEY{version:d3}" : $"REDIS{version:d4}", o => { o.Byte(0); o.Text("k"); o.Text("v"); });
        Assert.That(ErrorOf(file) is null, Is.EqualTo(version is >= 1 and <= 13 or 80));
        Assert.That(ErrorOf(RdbTestFile.Of("VALKEY012", _ => { })), Does.Contain("version"));
        Assert.That(ErrorOf(RdbTestFile.Of("REDIS0080", _ => { })), Does.Contain("version"));
    }

    [Test]
    public void What_is_wrong_is_told_with_its_place()
    {
        Assert.That(ErrorOf([]), Is.EqualTo("0: unexpected end"));
        Assert.That(ErrorOf("SIDER0012...."u8.ToArray()), Does.StartWith("0: no RDB file"));
        Assert.That(ErrorOf(RdbTestFile.Of("REDIS0012", o => { o.Byte(7); o.Text("k"); o.Length(0x8412345678abcd00UL); o.Length(0); })), Does.Contain("module type '"));
        Assert.That(ErrorOf(RdbTestFile.Of("REDIS0012", o => { o.Byte(246); o.Text("f"); })), Does.StartWith("9: functions of a release candidate"));
        Assert.That(ErrorOf(RdbTestFile.Of("REDIS0012", o => { o.Byte(99); o.Text("k"); })), Does.Contain("unknown type 99"));
        Assert.That(ErrorOf(RdbTestFile.Of("REDIS0012", o => { o.Byte(0); o.Text("k"); o.Text("v"); o.Byte(0); o.Text("k"); o.Text("v"); })), Does.Contain("the key 'k' twice in one database"));
        Assert.That(ErrorOf(RdbTestFile.Of("REDIS0012", o => { o.Byte(254); o.Length(16); o.Byte(0); o.Text("k"); o.Text("v"); })), Does.Contain("a key of database 16"));
        var file = RdbTestFile.Of("REDIS0012", o => { o.Byte(0); o.Text("k"); o.Text("v"); });
        Assert.That(ErrorOf(file[..^3]), Is.EqualTo($"{file.Length - 8}: unexpected end"));
        file[^1] ^= 1;
        Assert.That(ErrorOf(file), Does.StartWith($"{file.Length - 8}: wrong checksum"));
        file.AsSpan(^8).Clear();
        Assert.That(ErrorOf(file), Is.Null, "written without one");
    }

    private sealed class Failing : RdbSource
    {
        private bool _isRead;

        public override long Length => 1000;

        protected override int Read(Span<byte> to)
        {
            if (_isRead)
            {
                Failure = "Input/output error";
                return 0;
            }
            _isRead = true;
            "REDIS0012"u8.CopyTo(to);
            return 9;
        }
    }

    [Test]
    public void A_disk_that_fails_is_no_damaged_file()
    {
        using var rig = new PersistenceRig();
        var reader = new RdbFileReader(new Failing(), new RdbLoader(rig.Keyspace));
        Assert.That(reader.ReadAll(), Is.False);
        Assert.That(reader.Error, Is.EqualTo("Input/output error"));
    }

    /// <summary>CARNELIAN_DAMAGED: so many files for each seed.</summary>
    [Test]
    public void A_damaged_file_is_refused_or_loaded_and_nothing_is_left_behind([Range(1, 6)] int seed)
    {
        byte[] whole;
        using (var from = RandomValues.Filled(seed, 30)) whole = RdbTestFile.Write(from);
        var random = new Random(seed);
        var loaded = 0;
        for (var round = TestSettings.Number("CARNELIAN_DAMAGED", 100) / 2; round > 0; round--)
        {
            var file = (byte[])whole.Clone();
            Mutation.Apply(ref file, random);
            using var rig = new PersistenceRig();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var reader = RdbTestFile.Load(rig, file, chunkBytes: 1000, checks: false);
            if (reader.ReadAll()) loaded++;
            Assert.That(reader.ErrorOffset, Is.LessThanOrEqualTo(file.Length));
            Assert.That(GC.GetAllocatedBytesForCurrentThread() - before + rig.Allocator.UsedBytes, Is.LessThan((16 << 20) + file.Length * 1000L));
            foreach (var key in rig.Run("KEYS *").Items) rig.Run("TYPE"u8.ToArray(), key.Bytes);
        }
        TestContext.Out.WriteLine($"{loaded} were loaded");
    }
}
