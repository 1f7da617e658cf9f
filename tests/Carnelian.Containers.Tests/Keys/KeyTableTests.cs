namespace Carnelian.Tests;

public sealed unsafe class KeyTableTests
{
    private static readonly int[] _keyLengths = [0, 1, 5, 16, 40, 254, 255, 256, 300, 70_000];
    private static readonly int[] _valueLengths = [0, 1, 3, 8, 31, 32, 44, 100, 500, 1000, 1023, 1024, 1025, 1026, 4000, 17_000, 70_000, 512 << 10];

    [Test]
    public void Random_edits_agree_with_a_dictionary([Range(1, 8)] int seed)
    {
        using var rig = new KeyTableRig(seed);
        var keys = Enumerable.Range(0, 120).Select(i => rig.Bytes(_keyLengths[Math.Min(rig.Random.Next(14), i % 10 == 0 ? 9 : 8)])).ToArray();
        long cursor = 0;
        for (var i = 0; i < 3000; i++)
        {
            if (rig.Random.Next(40) == 0) rig.Host.Access = rig.Random.Next(1 << 26);
            if (rig.Random.Next(200) == 0) rig.Host.Mark = rig.Random.Next(16);
            var key = keys[rig.Random.Next(i < 2000 ? keys.Length : 20)];
            Edit(rig, KeyTableRig.Text(key), key);
            rig.Allocator.ReleaseRetired();
            if (i % 300 == 0) rig.VerifyAll();
            var counts = new DefragmentationCounts();
            rig.Tables.Defragment(0, ref cursor, 4, ref counts);
        }
        rig.VerifyAll();
        rig.Allocator.ReleaseRetired();
        var slices = rig.DisposeInSlices(out _);
        Assert.That(slices, Is.Positive);
        Assert.That(rig.Allocator.LiveBlocks, Is.Zero);
    }

    private static int ValueLength(KeyTableRig rig) => _valueLengths[rig.Random.Next(rig.Random.Next(30) == 0 ? _valueLengths.Length : _valueLengths.Length - 4)];

    private static void Edit(KeyTableRig rig, string text, byte[] key)
    {
        var dice = rig.Random.Next(100);
        var exists = rig.Model.TryGetValue(text, out var expected);
        var at = rig.Find(key);
        Assert.That(at.Exists, Is.EqualTo(exists));
        if (dice < (exists ? 12 : 30)) Overwrite(rig, text, key, ref at);
        else if (!exists || dice < 30)
        {
            rig.Write(key, rig.Bytes(ValueLength(rig)), rig.Random.Next(3) == 0 ? rig.Random.NextInt64(1L << 45) : EntryView.NoExpiry,
                ValueType.String, (ValueEncoding)rig.Random.Next(3));
        }
        else if (dice < 40) rig.Remove(text);
        else if (dice < 55) WriteAlias(rig, key, expected!);
        else if (dice < 75) Resize(rig, text, ref at);
        else if (dice < 95)
        {
            var expiryMs = rig.Random.Next(2) == 0 ? rig.Random.NextInt64(1L << 45) : EntryView.NoExpiry;
            rig.Table.WriteExpiry(ref at, expiryMs);
            rig.Model[text] = expected! with { ExpiryMs = expiryMs };
            rig.Verify(at.View, text);
        }
        else
        {
            var view = at.View;
            view.Access = rig.Random.Next(1 << 26);
            view.Mark = rig.Random.Next(16);
            rig.Model[text] = expected! with { Access = view.Access, Mark = view.Mark };
        }
    }

    /// <summary>The new value is a part of the entry itself: of its value or of its key.</summary>
    private static void WriteAlias(KeyTableRig rig, byte[] key, KeyTableRig.Expected expected)
    {
        var view = rig.Find(key).View;
        var source = rig.Random.Next(3) == 0 ? view.Key : view.Value;
        var start = rig.Random.Next(Math.Min(source.Length, 20) + 1);
        var length = rig.Random.Next(3) == 0 ? source.Length - start : rig.Random.Next(source.Length - start + 1);
        rig.Write(rig.Random.Next(2) == 0 ? view.Key : key, source.Slice(start, length), expected.ExpiryMs, expected.Type, expected.Encoding);
    }

    /// <summary>What is written comes from the old value, each byte from the one in its place.</summary>
    private static void Overwrite(KeyTableRig rig, string text, byte[] key, scoped ref EntryHandle at)
    {
        rig.Table.Step();
        at = rig.Find(key);
        var old = at.View;
        var oldValue = old.Exists ? old.Value.ToArray() : [];
        var length = rig.Random.Next(3) == 0 ? ValueLength(rig) : oldValue.Length + rig.Random.Next(60);
        var zeroed = rig.Random.Next(2) == 0;
        var encoding = (ValueEncoding)rig.Random.Next(3);
        var span = rig.Table.Overwrite(ref at, key, length, encoding, zeroed);
        Assert.That(span.Length, Is.EqualTo(length));
        if (zeroed) Assert.That(span.IndexOfAnyExcept((byte)0), Is.Negative);
        if (old.Exists) Assert.That(old.Value.Length, Is.EqualTo(oldValue.Length), "views keep their length");
        var value = new byte[length];
        for (var i = 0; i < length; i++)
        {
            value[i] = (byte)~(i < oldValue.Length ? oldValue[i] : i);
            span[i] = (byte)~(i < oldValue.Length ? old.Value[i] : i);
        }
        if (!old.Exists) rig.Keys.Add(text);
        rig.Model[text] = new(value, EntryView.NoExpiry, ValueType.String, encoding, old.Exists ? rig.Model[text].Access : rig.Host.Access, rig.Host.Mark);
        rig.Verify(at.View, text);
    }

    private static void Resize(KeyTableRig rig, string text, scoped ref EntryHandle at)
    {
        var expected = rig.Model[text];
        var length = rig.Random.Next(3) == 0 ? ValueLength(rig) : Math.Max(0, expected.Value.Length + rig.Random.Next(-30, 60));
        var encoding = (ValueEncoding)rig.Random.Next(3);
        var span = rig.Table.Resize(ref at, length, encoding);
        var value = new byte[length];
        expected.Value.AsSpan(0, Math.Min(length, expected.Value.Length)).CopyTo(value);
        Assert.That(span.SequenceEqual(value), "the beginning stays, what is new is zero");
        if (length > 0) span[^1] = value[^1] = (byte)rig.Random.Next(256);
        rig.Model[text] = expected with { Value = value, Encoding = encoding };
        rig.Verify(at.View, text);
    }

    [TestCase(1100, true), TestCase(2000, true), TestCase(3000, false), TestCase(400, false)]
    public void A_string_overwritten_keeps_its_block_when_that_is_fit(int length, bool keeps)
    {
        using var rig = new KeyTableRig(3);
        rig.Write("k"u8, rig.Bytes(2000), EntryView.NoExpiry);
        var at = rig.Find("k");
        fixed (byte* before = at.View.Value, after = rig.Table.Overwrite(ref at, "k"u8, length, ValueEncoding.Raw, zeroed: false))
        {
            Assert.That(after == before, Is.EqualTo(keeps));
        }
        rig.Allocator.ReleaseRetired();
        Assert.That(at.View.Value.Length, Is.EqualTo(length));
    }

    [Test]
    public void Many_zeros_are_pages_that_nobody_touches()
    {
        using var rig = new KeyTableRig(4, isChecked: false);
        var at = rig.Find("k");
        var value = rig.Table.Overwrite(ref at, "k"u8, 900 << 20, ValueEncoding.Raw, zeroed: true);
        value[^1] = 1;
        rig.Write("small"u8, "12345"u8, EntryView.NoExpiry);
        at = rig.Find("small");
        var grown = rig.Table.Resize(ref at, 900 << 20, ValueEncoding.Raw);
        Assert.That((grown[4], grown[5], grown[^1]), Is.EqualTo(((byte)'5', (byte)0, (byte)0)));
        Assert.That(ResidentBytes(), Is.LessThan(600L << 20));
    }

    private static long ResidentBytes() => long.Parse(File.ReadAllText("/proc/self/statm").Split(' ')[1]) * Environment.SystemPageSize;

    [Test]
    public void Every_change_of_shape_keeps_key_access_and_mark([Values(0, 1, 254, 255, 256, 70_000)] int keyLength, [Values] bool expires)
    {
        using var rig = new KeyTableRig(2);
        var key = rig.Bytes(keyLength);
        rig.Host.Access = 0xabcdef;
        rig.Host.Mark = 15;
        rig.Write(key, [], expires ? 5 : EntryView.NoExpiry);
        rig.Host.Access = 1;
        rig.Host.Mark = 0;
        foreach (var length in _valueLengths.Concat(_valueLengths.Reverse()))
        {
            var at = rig.Find(key);
            rig.Table.Resize(ref at, length, ValueEncoding.Raw).Fill(7);
            rig.Table.WriteExpiry(ref at, at.View.Expires ? EntryView.NoExpiry : long.MaxValue);
            Assert.That(at.View.Key.SequenceEqual(key));
            Assert.That(at.View.Value.Length, Is.EqualTo(length));
            Assert.That(at.View.Value.IndexOfAnyExcept((byte)7), Is.Negative);
            Assert.That(at.View.Access, Is.EqualTo(0xabcdef));
            Assert.That(at.View.Mark, Is.EqualTo(15));
            rig.Allocator.ReleaseRetired();
        }
    }

    [Test]
    public void Views_live_until_what_was_retired_is_released([Values(10, 1024, 1025, 100_000)] int valueLength)
    {
        using var rig = new KeyTableRig(3);
        var key = rig.Bytes(30);
        var value = rig.Bytes(valueLength);
        rig.Write(key, value, EntryView.NoExpiry);
        var overwritten = rig.Find(key).View;
        rig.Write(key, rig.Bytes(200_000), EntryView.NoExpiry);
        Assert.That(overwritten.Key.SequenceEqual(key) && overwritten.Value.SequenceEqual(value));

        rig.Write(key, value, 5);
        var removed = rig.Find(key).View;
        rig.Remove(KeyTableRig.Text(key));
        rig.Write(key, "other"u8, EntryView.NoExpiry);
        Assert.That(removed.Key.SequenceEqual(key) && removed.Value.SequenceEqual(value) && removed.ExpiryMs == 5);
        rig.Allocator.ReleaseRetired();
        Assert.That(rig.Allocator.UsedBytesOf(Purpose.Values), Is.Zero);
    }

    [Test]
    public void Memory_bytes_of_all_keys_are_what_the_allocator_counts()
    {
        using var rig = new KeyTableRig(4);
        for (var i = 0; i < 500; i++) rig.Write(rig.Bytes(1 + rig.Random.Next(300)), rig.Bytes(rig.Random.Next(3000)), i % 3 == 0 ? i : EntryView.NoExpiry);
        rig.Allocator.ReleaseRetired();
        long sum = 0;
        foreach (var key in rig.Keys) sum += rig.Find(key).View.MemoryBytes;
        Assert.That(sum, Is.EqualTo(rig.Allocator.UsedBytesOf(Purpose.Keys) + rig.Allocator.UsedBytesOf(Purpose.Values)));
    }

    [Test]
    public void Appending_byte_by_byte_copies_seldom()
    {
        using var rig = new KeyTableRig(5);
        rig.Write("k"u8, rig.Bytes(2000), EntryView.NoExpiry);
        var moves = 0;
        for (var length = 2001; length < 40_000; length++)
        {
            var at = rig.Find("k");
            var before = (nint)(*(byte**)Entry.ValueStart(at.View.Address));
            rig.Table.Resize(ref at, length, ValueEncoding.Raw);
            if ((nint)(*(byte**)Entry.ValueStart(at.View.Address)) != before) moves++;
            rig.Allocator.ReleaseRetired();
        }
        Assert.That(moves, Is.LessThanOrEqualTo(6));
    }

    [TestCase(0, 1024, true)]
    [TestCase(0, StringHold.Bytes, true)]
    [TestCase(100, 1024, false, Description = "not the block's beginning")]
    [TestCase(0, StringHold.Bytes - 1, false, Description = "no room for the hold")]
    [TestCase(0, 60_000, false, Description = "too much would be wasted")]
    public void A_long_value_keeps_the_block_it_was_received_in(int lead, int behind, bool keeps)
    {
        using var rig = new KeyTableRig(8);
        var value = rig.Bytes(200_000);
        using var block = new OwnedBlock(rig.Allocator, lead + value.Length + behind, Purpose.ClientInput);
        var received = block.Span.Slice(lead, value.Length);
        value.CopyTo(received);
        rig.Write("k"u8, received, EntryView.NoExpiry, adoptable: [block]);
        Assert.That(block.IsGiven, Is.EqualTo(keeps));
        if (!keeps) block.Dispose();
        rig.VerifyAll();
        Assert.That(rig.Allocator.UsedBytesOf(Purpose.ClientInput), Is.Zero);
        var used = rig.Allocator.UsedBytesOf(Purpose.Keys) + rig.Allocator.UsedBytesOf(Purpose.Values);
        Assert.That(rig.Find("k").View.MemoryBytes, Is.EqualTo(used).Within(4096), "up to the page that ends the block");

        var at = rig.Find("k");
        var grown = rig.Table.Resize(ref at, value.Length + 3000, ValueEncoding.Raw);
        Assert.That(grown[..value.Length].SequenceEqual(value) && grown[value.Length..].IndexOfAnyExcept((byte)0) < 0);
        rig.Remove("k");
        rig.Allocator.ReleaseRetired();
        Assert.That(rig.Allocator.UsedBytesOf(Purpose.Values), Is.Zero);
    }

    [Test]
    public void A_rehash_waits_until_the_memory_it_moves_to_is_ready()
    {
        using var rig = new KeyTableRig(9, isChecked: false);
        var memory = new SlowMemory();
        rig.Allocator.Background = memory;
        const int OldBuckets = 1 << 18, NewBuckets = 2 * OldBuckets;
        for (var i = 0; rig.Tables.MeasureMemory().RehashingBytes != OldBuckets * Bucket.Bytes; i++)
        {
            memory.Touched.Clear();
            Add(i);
        }
        var first = rig.Table.Count;
        var target = memory.Touched[0].Address;
        memory.IsReady = false;
        for (var i = 0; i < 100; i++) Add(1_000_000 + i);
        Assert.That(rig.Tables.IsRehashBehind);
        Assert.That(OfTarget(), Has.Count.EqualTo(2), "the first run of either half");

        memory.IsReady = true;
        for (var i = 0; rig.Tables.IsRehashBehind || i < 200_000; i++) Add(2_000_000 + i);
        Assert.That(OfTarget().Sum(region => region.Length), Is.InRange(NewBuckets * Bucket.Bytes / 8, NewBuckets * Bucket.Bytes / 2), "as far as it has grown");
        Assert.That(OfTarget().Distinct().Count(), Is.EqualTo(OfTarget().Count), "once");
        for (var i = 0; i < first; i++) Assert.That(rig.Find($"key{i}").Exists);
        rig.Allocator.Background = null;

        List<(nint Address, nint Length)> OfTarget() => memory.Touched.FindAll(region => region.Address >= target && region.Address < target + NewBuckets * Bucket.Bytes);

        void Add(int i)
        {
            rig.Table.Step();
            var key = KeyTableRig.Key($"key{i}");
            var at = rig.Find(key);
            rig.Table.Write(ref at, key, ValueType.String, ValueEncoding.Raw, "v"u8, EntryView.NoExpiry);
        }
    }

    private sealed class SlowMemory : BackgroundMemory
    {
        public List<(nint Address, nint Length)> Touched { get; } = [];

        public bool IsReady { get; set; } = true;

        public override bool IsPrefaulting => !IsReady;

        public override void Return(RegionReturn regions)
        {
            regions.Run(isRangeGone: false);
            regions.Completed();
        }

        public override void Prefault(nint address, nint length) => Touched.Add((address, length));
    }

    [TestCase(ValueType.String, 1, 2)]
    [TestCase(ValueType.String, 1 << 20, 2 << 20)]
    [TestCase(ValueType.String, 3 << 20, 4 << 20)]
    [TestCase(ValueType.String, LongString.LengthMax - (1 << 20) - 1, LongString.LengthMax - 1)]
    [TestCase(ValueType.String, int.MaxValue - 1024, LongString.LengthMax)]
    [TestCase(ValueType.String, LongString.LengthMax, LongString.LengthMax)]
    [TestCase(ValueType.List, 1600, 1700)]
    [TestCase(ValueType.Hash, LongString.LengthMax, LongString.LengthMax)]
    public void Capacity_is_never_less_than_the_length(ValueType type, int length, int capacity) =>
        Assert.That(KeyTable.CapacityFor(type, length), Is.EqualTo(capacity));

    /// <summary>Element by element up to 8 KiB, as RPUSH does it.</summary>
    [Test]
    public void A_growing_packed_collection_is_copied_seldom_and_has_little_to_spare()
    {
        using var rig = new KeyTableRig(1);
        var keys = rig.Table;
        var at = keys.Find("list"u8, rig.Host.Hash("list"u8));
        keys.Write(ref at, "list"u8, ValueType.List, ValueEncoding.ListPack, PackedList.Empty.Bytes, EntryView.NoExpiry);
        var moves = 0;
        while (at.View.Value.Length < 8000)
        {
            var before = at.View.MemoryBytes;
            var packed = new PackedList(at.View.Value);
            var writer = new PackedWriter(new byte[30]);
            writer.Add("an element"u8);
            keys.Change(ref at, packed.Replace(packed.Count, 0, writer));
            rig.Allocator.ReleaseRetired();
            if (at.View.Value.Length < 1100) continue;
            if (at.View.MemoryBytes != before) moves++;
            Assert.That(at.View.MemoryBytes, Is.LessThan(at.View.Value.Length * 1.2 + 40));
        }
        Assert.That(moves, Is.InRange(10, 24));
    }

    [Test]
    public void Disposal_in_slices_frees_everything_and_no_slice_is_large([Values] bool duringRehash)
    {
        using var rig = new KeyTableRig(6);
        while (rig.Table.Count < 5000 || rig.Tables.IsRehashBehind != duringRehash)
            rig.Write(rig.Bytes(12), rig.Bytes(rig.Random.Next(20) == 0 ? 2000 : 20), EntryView.NoExpiry);
        rig.Allocator.ReleaseRetired();
        var slices = rig.DisposeInSlices(out var largest);
        Assert.That(slices, Is.GreaterThan(5000 / 50));
        Assert.That(largest, Is.LessThan(100));
        Assert.That(rig.Allocator.LiveBlocks, Is.Zero);
    }

    [Test]
    public void Defragmentation_moves_entries_and_external_values_and_ends()
    {
        using var rig = new KeyTableRig(7, isChecked: false);
        for (var i = 0; i < 6000; i++) rig.Write(rig.Bytes(16), rig.Bytes(i % 2 == 0 ? 100 : 1500), i % 3 == 0 ? i : EntryView.NoExpiry);
        foreach (var key in rig.Keys.Where(_ => rig.Random.Next(10) > 0).ToArray()) rig.Remove(key);
        rig.Allocator.ReleaseRetired();
        int rounds = 0, movedInRound;
        do
        {
            movedInRound = 0;
            long cursor = 0;
            bool finished;
            do
            {
                var counts = new DefragmentationCounts();
                finished = rig.Tables.Defragment(0, ref cursor, 8, ref counts);
                movedInRound += (int)counts.BlocksMoved;
            }
            while (!finished);
            rig.VerifyAll();
            Assert.That(++rounds, Is.LessThan(8));
        }
        while (movedInRound > 0);
        Assert.That(rounds, Is.GreaterThan(1));
        rig.Allocator.TrimCaches();
        Assert.That(rig.Allocator.MappedBytes - rig.Allocator.UsedBytes, Is.LessThan(rig.Allocator.UsedBytes / 4 + (1 << 20)));
    }

    [Test]
    public void Sample_and_expiring_walk_see_the_tables_keys()
    {
        using var rig = new KeyTableRig(8);
        Assert.That(rig.Table.Walk.Sample(1).Exists, Is.False);
        for (var i = 0; i < 100; i++) rig.Write(KeyTableRig.Key($"key:{i}"), "v"u8, i % 4 == 0 ? i : EntryView.NoExpiry);
        var seen = new HashSet<string>();
        for (var i = 0; i < 5000; i++) seen.Add(KeyTableRig.Text(rig.Table.Walk.Sample((ulong)rig.Random.NextInt64() << 1).Key));
        Assert.That(seen, Is.EquivalentTo(rig.Keys));
        Assert.That(rig.Table.Walk.SampleDue(1).Expires);
        var found = new EntryList();
        long cursor = 0;
        while (!rig.Table.Walk.ScanDue(ref cursor, 1000, 3, found))
        {
        }
        Assert.That(found.Count, Is.EqualTo(25));
        for (var i = 0; i < found.Count; i++) rig.Verify(found[i], KeyTableRig.Text(found[i].Key));
        found.Keep(20, 1);
        Assert.That(found[1].Key.SequenceEqual(found[20].Key));
        found.Clear();
        Assert.That(() => found[0].Exists, Throws.TypeOf<BrokenInvariantException>());
    }
}
