using System.Text;

namespace Carnelian.Tests;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class AppendOnlyReaderTests : IDisposable
{
    private readonly SimulatedWorld _world = new(1);
    private readonly BlockAllocator _allocator = new(new() { Checked = true, RangeBytesMax = 1L << 31, QuarantineBlocks = 64 });
    private DiskFile? _file;

    public void Dispose()
    {
        _file?.Dispose();
        _allocator.Dispose();
        _world.Dispose();
    }

    private AppendOnlyReader Reader(ReadOnlySpan<byte> bytes, long start = 0)
    {
        _file?.Dispose();
        using (var written = _world.Disk.Open("a.aof", DiskOpenMode.Replace).Value!) written.Append(bytes);
        _file = _world.Disk.Open("a.aof", DiskOpenMode.Read).Value!;
        return new(_file, _allocator, start);
    }

    private AppendOnlyReader Reader(string text) => Reader(PersistenceRig.Bytes(text));

    private static byte[] Command(params string[] words)
    {
        var text = new StringBuilder($"*{words.Length}\r\n");
        foreach (var word in words) text.Append($"${word.Length}\r\n{word}\r\n");
        return PersistenceRig.Bytes(text.ToString());
    }

    private static string Text(AppendOnlyReader reader) => Text(reader.Arguments);

    private static string Text(Arguments arguments)
    {
        var words = new List<string>();
        for (var i = 0; i < arguments.Count; i++) words.Add(ByteText.FromBytes(arguments[i]));
        return string.Join(' ', words);
    }

    private static byte[] Checked(params byte[][] records)
    {
        var bytes = records.SelectMany(record => record).ToArray();
        var line = new byte[RecordChecksum.LineBytes];
        RecordChecksum.Write(line, RecordChecksum.Of(bytes), bytes.Length);
        return [.. line, .. bytes];
    }

    [Test]
    public void Commands_come_with_their_offsets_and_annotations_between_them()
    {
        using var reader = Reader([.. Command("SELECT", "0"), .. "#TS:1700000000\r\n"u8, .. Command("SET", "k", "v")]);
        Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.Command));
        Assert.That((reader.ItemStart, reader.ItemEnd, Text(reader)), Is.EqualTo((0L, 23L, "SELECT 0")));
        Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.Annotation));
        Assert.That((reader.ItemStart, ByteText.FromBytes(reader.Annotation)), Is.EqualTo((23L, "#TS:1700000000")));
        Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.Command));
        Assert.That((reader.ItemStart, Text(reader)), Is.EqualTo((39L, "SET k v")));
        Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.End));
        Assert.That((reader.SafeEnd, reader.Lines), Is.EqualTo((reader.ItemEnd, 5L + 1 + 7)));
    }

    [TestCase("*1\r\n$4\r\nPING\r\nx", AppendOnlyErrorKind.Prefix, 14, "Expected prefix '*', got: 'x'")]
    [TestCase("*1\r\n:4\r\nPING\r\n", AppendOnlyErrorKind.Prefix, 4, "Expected prefix '$', got: ':'")]
    [TestCase("*1\r\n$4\r\nPINGxx", AppendOnlyErrorKind.LineEnd, 12, "Expected \\r\\n, got: 7878")]
    [TestCase("*0\r\n", AppendOnlyErrorKind.Number, 4, null)]
    [TestCase("*-1\r\n", AppendOnlyErrorKind.Number, 0, null)]
    [TestCase("*1\r\n$9999999999\r\n", AppendOnlyErrorKind.Number, 4, null)]
    [TestCase("*1\r\n$4x\r\n", AppendOnlyErrorKind.Number, 4, null)]
    public void What_is_no_command_is_named_with_its_place(string text, AppendOnlyErrorKind kind, long offset, string? message)
    {
        using var reader = Reader(text);
        AppendOnlyItem item;
        while ((item = reader.Next()) == AppendOnlyItem.Command) { }
        Assert.That(item, Is.EqualTo(AppendOnlyItem.Malformed));
        Assert.That((reader.Error.Kind, reader.Error.Offset), Is.EqualTo((kind, offset)));
        if (message is not null) Assert.That(reader.Error.Message, Is.EqualTo(message));
        Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.Malformed), "and stays so");
    }

    /// <summary>The server takes MULTI for one whatever stands behind it, as Redis does.</summary>
    [TestCase("MULTI"), TestCase("multi", "x")]
    public void Wherever_a_file_is_cut_what_was_whole_is_safe(params string[] multi)
    {
        byte[] first = Command("SET", "k", "v"), transaction = [.. Command(multi), .. Command("SET", "a", "1"), .. Command("INCR", "a"), .. Command("EXEC")], last = Command("DEL", "k");
        byte[] whole = [.. first, .. transaction, .. "#TS:1\r\n"u8, .. last];
        int[] safe = [0, first.Length, first.Length + transaction.Length, whole.Length];
        for (var length = 0; length <= whole.Length; length++)
        {
            using var reader = Reader(whole.AsSpan(0, length));
            AppendOnlyItem item;
            while ((item = reader.Next()) is AppendOnlyItem.Command or AppendOnlyItem.Annotation) { }
            var safeEnd = safe.Last(end => end <= length);
            Assert.That(reader.SafeEnd, Is.EqualTo(safeEnd), $"cut at {length}");
            var endsWithAnnotation = length == first.Length + transaction.Length + 7;
            Assert.That(item, Is.EqualTo(length == safeEnd || endsWithAnnotation ? AppendOnlyItem.End : AppendOnlyItem.Truncated), $"cut at {length}");
            if (length > first.Length + Command(multi).Length && length < first.Length + transaction.Length) Assert.That(reader.TransactionStart, Is.EqualTo(first.Length));
        }
    }

    [Test]
    public void Announced_lengths_take_no_memory_that_the_file_could_not_fill()
    {
        foreach (var text in new[] { "*2147483647\r\n$3\r\nSET\r\n", "*3\r\n$3\r\nSET\r\n$2147483647\r\nx", "*1000000000\r\n" })
        {
            using var reader = Reader(text);
            var before = _allocator.UsedBytes;
            Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.Truncated));
            Assert.That(_allocator.UsedBytes - before, Is.LessThan(1000));
        }
    }

    [Test]
    public void Long_arguments_lie_apart_and_what_follows_is_where_it_is()
    {
        var value = new string('v', 3_000_000);
        byte[] set = Command("SET", "long", value, "GET"), get = Command("GET", "k");
        using var reader = Reader([.. get, .. set, .. get]);
        Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.Command));
        Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.Command));
        Assert.That((reader.ItemStart, reader.ItemEnd), Is.EqualTo(((long)get.Length, (long)get.Length + set.Length)));
        Assert.That(reader.Arguments.Adoptable, Has.Count.EqualTo(1));
        Assert.That(Text(reader), Is.EqualTo($"SET long {value} GET"));
        Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.Command));
        Assert.That((Text(reader), reader.ItemStart), Is.EqualTo(("GET k", (long)get.Length + set.Length)));
        Assert.That(reader.Next(), Is.EqualTo(AppendOnlyItem.End));
    }

    [Test]
    public void A_long_argument_at_the_end_of_the_file_is_whole_or_not()
    {
        var set = Command("SET", "long", new string('v', 100_000));
        using (var reader = Reader(set)) Assert.That((reader.Next(), reader.Next()), Is.EqualTo((AppendOnlyItem.Command, AppendOnlyItem.End)));
        foreach (var cut in new[] { 1, 2, 3, 50_000 })
        {
            using var reader = Reader(set.AsSpan(0, set.Length - cut));
            Assert.That((reader.Next(), reader.SafeEnd), Is.EqualTo((AppendOnlyItem.Truncated, 0L)));
        }
    }

    [Test]
    public void An_annotation_has_less_than_1024_bytes()
    {
        using (var reader = Reader("#" + new string('x', 1020) + "\r\n")) Assert.That((reader.Next(), reader.Next()), Is.EqualTo((AppendOnlyItem.Annotation, AppendOnlyItem.End)));
        using (var reader = Reader("#" + new string('x', 1021) + "\r\n")) Assert.That((reader.Next(), reader.Error.Kind), Is.EqualTo((AppendOnlyItem.Malformed, AppendOnlyErrorKind.Annotation)));
    }

    [Test]
    public void One_whose_end_was_lost_takes_no_commands_with_it()
    {
        // A sector that never came: the rest of the annotation, a command, and all of the next one but its last line's end.
        byte[] hole = [.. "#TS:17"u8, .. new byte[512], .. "\r\n"u8, .. Command("SET", "k", "1")];
        using (var reader = Reader(hole)) Assert.That((reader.Next(), reader.Error.Kind, reader.SafeEnd), Is.EqualTo((AppendOnlyItem.Malformed, AppendOnlyErrorKind.Annotation, 0L)));
    }

    [Test]
    public void A_flipped_bit_behind_a_checksum_is_found_and_named()
    {
        byte[] plain = Command("SET", "k", "1"), record = Checked(Command("SET", "k", "12345"));
        for (var flipped = RecordChecksum.LineBytes; flipped < record.Length; flipped++)
        {
            byte[] bytes = [.. plain, .. record, .. plain];
            bytes[plain.Length + flipped] ^= 1;
            using var reader = Reader(bytes);
            Assert.That((reader.Next(), reader.Next()), Is.EqualTo((AppendOnlyItem.Command, AppendOnlyItem.Malformed)));
            Assert.That((reader.Error.Kind, reader.Error.Offset, reader.SafeEnd), Is.EqualTo((AppendOnlyErrorKind.Checksum, (long)plain.Length, (long)plain.Length)));
        }
    }

    [Test]
    public void Checksums_that_are_right_are_counted_also_those_of_long_records()
    {
        byte[] small = Checked(Command("MULTI"), Command("SET", "k", "1"), Command("EXEC")), large = Checked(Command("SET", "k", new string('x', 2_000_000)));
        using var reader = Reader([.. small, .. large, .. small]);
        var commands = 0;
        AppendOnlyItem item;
        while ((item = reader.Next()) is AppendOnlyItem.Command or AppendOnlyItem.Annotation) commands += item == AppendOnlyItem.Command ? 1 : 0;
        Assert.That((item, commands, reader.Verified), Is.EqualTo((AppendOnlyItem.End, 7, 3L)));
    }

    [Test]
    public void What_stands_behind_a_snapshot_is_read_from_there_on()
    {
        using var reader = Reader([.. "REDIS0011…"u8, .. Command("PING")], start: 12);
        Assert.That((reader.Next(), reader.ItemStart, reader.ItemEnd), Is.EqualTo((AppendOnlyItem.Command, 12L, 26L)));
    }

    /// <summary>All that a reader tells of a file, command by command.</summary>
    private static string Story(AppendOnlyReader reader, RequestBatch? batch)
    {
        var story = new StringBuilder();
        for (var steps = 0; steps < 10_000; steps++)
        {
            if (batch is not null && reader.TryBatch(batch))
            {
                for (var i = 0; i < batch.Count; i++) story.Append(Text(batch[i])).Append('|');
                continue;
            }
            var before = reader.ItemEnd;
            var item = reader.Next();
            if (item == AppendOnlyItem.Command)
            {
                Assert.That(reader.ItemEnd, Is.GreaterThan(before));
                story.Append(Text(reader.Arguments)).Append('|');
            }
            else if (item != AppendOnlyItem.Annotation) return $"{story}{item} {reader.Error} {reader.SafeEnd} {reader.Lines} {reader.TransactionStart} {reader.StrayTransaction} {reader.Verified}";
        }
        throw new InvalidOperationException("it does not end");
    }

    [Test]
    public void Damaged_files_end_and_are_read_alike_one_by_one_and_in_batches([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 200; round++)
        {
            var bytes = new List<byte>();
            while (bytes.Count < 1500)
            {
                var command = Command([.. Enumerable.Range(0, 1 + random.Next(4)).Select(_ => random.Next(3) == 0 ? "MULTI" : new string('x', random.Next(12)))]);
                bytes.AddRange(random.Next(3) == 0 ? Checked(command) : command);
                if (random.Next(8) == 0) bytes.AddRange(Command(random.Next(2) == 0 ? "multi" : "Exec"));
                if (random.Next(8) == 0) bytes.AddRange(PersistenceRig.Bytes($"#TS:{random.Next()}\r\n"));
            }
            var file = bytes.ToArray();
            for (var flips = random.Next(4); flips > 0; flips--) file[random.Next(file.Length)] = (byte)(random.Next(2) == 0 ? random.Next(256) : "*$#0123456789\r\n"[random.Next(15)]);
            var length = random.Next(3) == 0 ? random.Next(file.Length) : file.Length;
            string one, many;
            using (var reader = Reader(file.AsSpan(0, length))) one = Story(reader, null);
            using (var reader = Reader(file.AsSpan(0, length))) many = Story(reader, new());
            Assert.That(many, Is.EqualTo(one), $"round {round}");
        }
    }
}
