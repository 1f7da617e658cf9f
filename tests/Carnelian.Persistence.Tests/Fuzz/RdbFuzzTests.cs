namespace Carnelian.Tests;

/// <summary>
/// Files and payloads with damaged structure, in checked memory. Whatever comes: nothing stops the server, nothing leaks, little memory and time is taken, and what was accepted works. Checksums are not looked at, so that all of
/// it is reached.
/// </summary>
internal sealed class RdbFuzzTests
{
    private const int CasesOfBatch = 100;

    /// <summary>As much as a file or payload may take at once, besides what its bytes stand for.</summary>
    private const long FixedBytesMax = 16 << 20, BytesPerByteMax = 1000;

    /// <summary>On a machine that does much else; alone it is a thousandth.</summary>
    private const int SecondsMax = 20;

    /// <summary>CARNELIAN_FUZZ: so many cases.</summary>
    private static int Cases => TestSettings.Number("CARNELIAN_FUZZ", 6000);

    private static int FirstSeed => TestSettings.Number("CARNELIAN_FUZZ_SEED", 0);

    private sealed class Tally
    {
        public int Accepted;
        public long SlowestMs;

        public void Note(bool isAccepted, long start, Func<string> what)
        {
            var took = (long)TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
            if (isAccepted) Interlocked.Increment(ref Accepted);
            for (var slowest = SlowestMs; took > slowest; slowest = SlowestMs) Interlocked.CompareExchange(ref SlowestMs, took, slowest);
            if (took > SecondsMax * 1000) Assert.Fail($"{took} ms: {what()}");
        }

        public void Tell() => TestContext.Out.WriteLine($"{Accepted} were accepted, the slowest took {SlowestMs} ms");
    }

    [Test]
    public void Damaged_payloads()
    {
        var tally = new Tally();
        TestSettings.RunAll($"batches of {CasesOfBatch} payloads", Math.Max(1, Cases * 9 / 10 / CasesOfBatch), batch => FuzzPayloads(FirstSeed + batch, tally));
        tally.Tell();
    }

    private static void FuzzPayloads(int seed, Tally tally)
    {
        var random = new Random(seed);
        using var rig = new PersistenceRig((ulong)seed + 1);
        rig.Dumps.ChecksChecksums = false;
        rig.Dumps.Settings.Format = (RdbFormat)random.Next(4);
        rig.Dumps.Settings.UnknownModules = (UnknownModules)random.Next(3);
        rig.Keyspace.Host.ListCompressDepth = seed % 2;
        var whole = DamagedPayloadTests.Whole(rig, random, seed % (RandomValues.Kinds + OldValues.Kinds));
        for (var i = 0; i < CasesOfBatch; i++)
        {
            var damaged = StructureMutation.Apply((byte[])whole.Clone(), RdbShape.OfPayload, random);
            if (damaged.Length < whole.Length && random.Next(2) == 0) damaged = [.. damaged, .. whole[^10..]];
            // The version says how some types are meant.
            if (damaged.Length >= 10) damaged[^9] = 0;
            if (damaged.Length >= 10 && random.Next(5) == 0) damaged[^10] = (byte)(random.Next(4) == 0 ? 80 : random.Next(14));
            var start = TimeProvider.System.GetTimestamp();
            tally.Note(DamagedPayloadTests.Restore(rig, damaged, random), start, () => Convert.ToHexString(damaged));
        }
    }

    [Test]
    public void Damaged_files()
    {
        var tally = new Tally();
        TestSettings.RunAll($"batches of {CasesOfBatch} files", Math.Max(1, Cases / 10 / CasesOfBatch), batch => FuzzFiles(FirstSeed + batch, tally));
        tally.Tell();
    }

    private static void FuzzFiles(int seed, Tally tally)
    {
        var random = new Random(seed);
        var whole = WholeFile(seed, random);
        using var rig = new PersistenceRig((ulong)seed + 1);
        rig.Keyspace.Host.ListCompressDepth = seed % 2;
        for (var i = 0; i < CasesOfBatch; i++)
        {
            var damaged = StructureMutation.Apply((byte[])whole.Clone(), RdbShape.OfFile, random);
            if (random.Next(20) == 0) Mutation.Apply(ref damaged, random);
            var before = GC.GetAllocatedBytesForCurrentThread() + rig.Allocator.UsedBytes;
            var start = TimeProvider.System.GetTimestamp();
            var settings = new RdbSettings { UnknownModules = (UnknownModules)random.Next(3) };
            var loader = new RdbLoader(rig.Keyspace) { Settings = settings, DropsExpired = random.Next(2) == 0 };
            var reader = new RdbFileReader(RdbTestFile.Source(damaged, 50 + random.Next(3000)), loader) { ChecksChecksum = false, UnknownModules = settings.UnknownModules };
            while (!reader.IsOver) reader.ReadSome(1 + random.Next(4));
            Assert.That(GC.GetAllocatedBytesForCurrentThread() + rig.Allocator.UsedBytes - before, Is.LessThan(FixedBytesMax + damaged.Length * BytesPerByteMax), Convert.ToHexString(damaged));
            Assert.That(reader.ErrorOffset, Is.LessThanOrEqualTo(damaged.Length));
            foreach (var key in rig.Run("KEYS *").Items) ReadAll(rig, key.Bytes);
            rig.Run("FLUSHALL");
            rig.Keyspace.Allocator.ReleaseRetired();
            tally.Note(reader.Error is null, start, () => Convert.ToHexString(damaged));
        }
    }

    private static void ReadAll(PersistenceRig rig, byte[] key)
    {
        rig.Run("DUMP"u8.ToArray(), key);
        rig.Run("OBJECT"u8.ToArray(), "ENCODING"u8.ToArray(), key);
        rig.Run("RENAME"u8.ToArray(), key, "renamed"u8.ToArray());
        rig.Show("renamed");
    }

    /// <summary>Some keys and some of all else that files have.</summary>
    private static byte[] WholeFile(int seed, Random random)
    {
        using var rig = new PersistenceRig((ulong)seed + 1);
        var values = new RandomValues(rig, random);
        var first = random.Next(RandomValues.Kinds);
        for (var i = 0; i < 4; i++) values.Make($"key-{i}", (first + i) % RandomValues.Kinds);
        var file = RdbTestFile.Write(rig, withUse: random.Next(2) == 0, format: (RdbFormat)random.Next(4));
        var others = new RdbBuffer();
        others.Byte(250); others.Text("aux"); others.Text("value");
        others.Byte(245); others.Text("#!lua name=lib\nredis.call('ping')");
        others.Byte(247); others.Length(12345); others.Length(2); others.Length(1); others.Length(5); others.Text("text"); others.Length(0);
        others.Byte(254); others.Length(3); others.Byte(251); others.Length(5); others.Length(1); others.Byte(244); others.Length(1); others.Length(2); others.Length(1);
        others.Byte(253); others.Bytes([0, 0, 0, 0x7f]); others.Byte(249); others.Byte(200); others.Byte(0); others.Text("seconds"); others.Text("v");
        others.Byte(252); others.Milliseconds(4102444800000); others.Byte(248); others.Length(77); others.Byte(0); others.Text("idle"); others.Text("v");
        others.Byte(7); others.Text("module"); others.Length(ModuleName.IdOf("ReJSON-RL"u8, 3)); others.Length(5); others.Text("json"); others.Length(0);
        var old = OldValues.Make(random.Next(OldValues.Kinds - 1), random);
        others.Byte(old[0]); others.Text("old"); others.Bytes(old.AsSpan(1, old.Length - 11));
        return Payload.Sealed([.. file[..^9], .. others.Written, 0xff]);
    }
}
