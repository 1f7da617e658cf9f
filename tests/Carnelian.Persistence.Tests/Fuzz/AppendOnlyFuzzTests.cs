namespace Carnelian.Tests;

/// <summary>Append-only files and manifests with damaged structure, in checked memory: what can be read is run, the rest is told with its place; nothing stops the server, nothing leaks, little memory and time is taken.</summary>
internal sealed class AppendOnlyFuzzTests
{
    private const int CasesOfBatch = 100;

    private const long FixedBytesMax = 16 << 20, BytesPerByteMax = 1000;

    private static readonly string[] _numbers = ["0", "1", "2", "3", "-1", "00", "+1", "1x", "", "65536", "2147483647", "2147483648", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551616"];

    /// <summary>CARNELIAN_FUZZ: so many cases, of which a tenth is these.</summary>
    private static int Cases => TestSettings.Number("CARNELIAN_FUZZ", 6000);

    private static int FirstSeed => TestSettings.Number("CARNELIAN_FUZZ_SEED", 0);

    [Test]
    public void Damaged_append_only_files() =>
        TestSettings.RunAll($"batches of {CasesOfBatch} append-only files", Math.Max(1, Cases / 10 / CasesOfBatch), batch => Fuzz(FirstSeed + batch));

    private static void Fuzz(int seed)
    {
        var random = new Random(seed);
        using var rig = new PersistenceRig((ulong)seed + 1);
        for (var i = 0; i < CasesOfBatch; i++)
        {
            var lines = Lines(random);
            for (var changes = random.Next(1, 4); changes > 0; changes--) Change(lines, random);
            var bytes = lines.SelectMany(line => line).ToArray();
            if (random.Next(10) == 0) Mutation.Apply(ref bytes, random);
            if (random.Next(4) == 0) bytes = bytes[..random.Next(bytes.Length + 1)];
            Load(rig, bytes);
        }
    }

    /// <summary>Runs what a file has, as loading does.</summary>
    private static void Load(PersistenceRig rig, byte[] bytes)
    {
        using (var written = rig.World.Disk.Open("a.aof", DiskOpenMode.Replace).Value!) written.Append(bytes);
        using var file = rig.World.Disk.Open("a.aof", DiskOpenMode.Read).Value!;
        var before = GC.GetAllocatedBytesForCurrentThread() + rig.Allocator.UsedBytes;
        using (var reader = new AppendOnlyReader(file, rig.Allocator))
        {
            var item = AppendOnlyItem.Command;
            for (var read = 0; item is AppendOnlyItem.Command or AppendOnlyItem.Annotation; read++)
            {
                Assert.That(read, Is.LessThanOrEqualTo(bytes.Length), "each item takes a byte at least");
                var last = reader.ItemEnd;
                item = reader.Next();
                Assert.That(reader.ItemEnd, Is.GreaterThanOrEqualTo(last).And.LessThanOrEqualTo(bytes.Length));
                Assert.That(reader.SafeEnd, Is.LessThanOrEqualTo(reader.ItemEnd));
                if (item == AppendOnlyItem.Command) Run(rig, reader.Arguments);
            }
            Assert.That(reader.Error.Offset, Is.LessThanOrEqualTo(bytes.Length));
            Assert.That(item, Is.Not.EqualTo(AppendOnlyItem.Unreadable));
            Assert.That(GC.GetAllocatedBytesForCurrentThread() + rig.Allocator.UsedBytes - before, Is.LessThan(FixedBytesMax + bytes.Length * BytesPerByteMax), ByteText.FromBytes(bytes));
        }
        rig.Run("FLUSHALL");
        rig.Allocator.ReleaseRetired();
    }

    /// <summary>Transactions are the loader's business.</summary>
    private static void Run(PersistenceRig rig, Arguments arguments)
    {
        if (ByteText.FromBytes(arguments[0]).ToUpperInvariant() is "MULTI" or "EXEC" or "DISCARD") return;
        var words = new byte[arguments.Count][];
        for (var i = 0; i < words.Length; i++) words[i] = arguments[i].ToArray();
        rig.Run(words);
    }

    /// <summary>Counts, lengths, arguments and annotations, each with its line's end; some records with a checksum.</summary>
    private static List<byte[]> Lines(Random random)
    {
        var lines = new List<byte[]>();
        for (var commands = random.Next(2, 12); commands > 0; commands--)
        {
            var command = Command(random);
            if (random.Next(4) == 0) lines.Add(PersistenceRig.Bytes($"#TS:{random.Next()}\r\n"));
            if (random.Next(3) == 0)
            {
                var checksum = new byte[RecordChecksum.LineBytes];
                var bytes = command.SelectMany(line => line).ToArray();
                RecordChecksum.Write(checksum, RecordChecksum.Of(bytes), bytes.Length);
                lines.Add(checksum);
            }
            lines.AddRange(command);
        }
        return lines;
    }

    private static List<byte[]> Command(Random random)
    {
        string[] words = random.Next(9) switch
        {
            0 => ["SELECT", "0"],
            1 => ["SET", "k", new('v', random.Next(50))],
            2 => ["RPUSH", "l", "a", "17", new('x', random.Next(3000))],
            3 => ["HSET", "h", "f", "v"],
            4 => ["MULTI"],
            5 => ["EXEC"],
            6 => ["XADD", "s", "1-1", "a", "b"],
            7 => ["PEXPIREAT", "k", "4102444800000"],
            _ => ["ZADD", "z", "1.5", "m"],
        };
        var lines = new List<byte[]> { PersistenceRig.Bytes($"*{words.Length}\r\n") };
        foreach (var word in words)
        {
            lines.Add(PersistenceRig.Bytes($"${word.Length}\r\n"));
            lines.Add(PersistenceRig.Bytes(word + "\r\n"));
        }
        return lines;
    }

    private static void Change(List<byte[]> lines, Random random)
    {
        var at = random.Next(lines.Count);
        switch (random.Next(7))
        {
            case 0 when lines.Count > 1: lines.RemoveAt(at); break;
            case 1: lines.Insert(at, lines[random.Next(lines.Count)]); break;
            case 2: (lines[at], lines[^1]) = (lines[^1], lines[at]); break;
            case 3: lines[at] = lines[at][..random.Next(lines[at].Length)]; break;
            case 4: lines[at] = PersistenceRig.Bytes($"#{new string('a', random.Next(2) == 0 ? random.Next(30) : 1000 + random.Next(50))}\r\n"); break;
            case 5: lines[at] = PersistenceRig.Bytes($"#CRC:{random.Next():x8} {random.Next(2000):D10}\r\n"); break;
            default: lines[at] = PersistenceRig.Bytes($"{"*$#:+"[random.Next(5)]}{_numbers[random.Next(_numbers.Length)]}\r\n"); break;
        }
    }

    [Test]
    public void Damaged_manifests()
    {
        var whole = PersistenceRig.Bytes("file appendonly.aof.2.base.rdb seq 2 type b\nfile appendonly.aof.1.incr.aof seq 1 type h\nfile \"a \\x62\" seq 4 type i startoffset 1 endoffset 17\n#x\n");
        TestSettings.RunAll($"batches of {CasesOfBatch} manifests", Math.Max(1, Cases / 10 / CasesOfBatch), batch =>
        {
            var random = new Random(FirstSeed + batch);
            for (var i = 0; i < CasesOfBatch; i++)
            {
                var damaged = (byte[])whole.Clone();
                Mutation.Apply(ref damaged, random);
                if (damaged.Length > 0 && random.Next(4) == 0) damaged[random.Next(damaged.Length)] = (byte)" \n\"\\#-9"[random.Next(7)];
                if (ManifestText.TryParse(damaged, out var manifest, out var error)) Assert.That(ManifestText.TryParse(ManifestText.Write(manifest), out _, out _) || !manifest.HasFiles && manifest.History.Count == 0, ByteText.FromBytes(damaged));
                else Assert.That(error!.Message, Is.Not.Empty);
            }
        });
    }
}
