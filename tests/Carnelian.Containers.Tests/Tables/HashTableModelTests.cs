namespace Carnelian.Tests;

public sealed unsafe class HashTableModelTests
{
    /// <summary>Draws keys: any, or only those whose hashes end in the same bits, which no table up to 2^bits buckets tells apart.</summary>
    private static ulong DrawKey(TableRig rig, int collidingBits)
    {
        while (true)
        {
            var key = (ulong)rig.Random.NextInt64();
            if ((rig.HashOf(key) & ((1UL << collidingBits) - 1)) == 0 && !rig.Model.ContainsKey(key)) return key;
        }
    }

    /// <summary>
    /// Growing, steady and shrinking phases with everything that may happen in between, and a slice of defragmentation after
    /// every single operation.
    /// </summary>
    [Test]
    public void Random_operations_agree_with_a_dictionary([Range(1, 6)] int seed, [Values(0, 6, 9)] int collidingBits, [Values] bool moveAll)
    {
        using var rig = new TableRig(seed * 100 + collidingBits);
        long relocation = 0;
        var stalled = false;
        foreach (var (operations, insertPercent) in new[] { (900, 80), (400, 45), (1100, 12), (300, 60), (500, 5) })
        {
            for (var i = 0; i < operations; i++)
            {
                for (var steps = stalled ? 0 : rig.Random.Next(3); steps > 0; steps--) rig.Table.Step();
                var dice = rig.Random.Next(100);
                if (dice < insertPercent) rig.Insert(DrawKey(rig, collidingBits), rig.Random.Next(3) == 0);
                else if (rig.Keys.Count > 0 && dice < 90) rig.RemoveAt(rig.Random.Next(rig.Keys.Count));
                else if (rig.Keys.Count > 0 && dice < 96) rig.Replace(rig.Keys[rig.Random.Next(rig.Keys.Count)], rig.Random.Next(2) == 0);
                else if (rig.Keys.Count > 0 && dice < 97) rig.Touch(rig.Keys[rig.Random.Next(rig.Keys.Count)]);
                else if (dice < 98) Assert.That(rig.Find(DrawKey(rig, collidingBits)).Found, Is.False);
                else stalled = rig.Random.Next(3) == 0; // a rehash that gets no steps: chains grow long
                relocation = rig.Relocate(relocation, 2, moveAll, out _);
                if (i % 50 == 0) rig.Verify();
            }
            rig.Verify();
        }
        rig.RemoveAll();
        rig.StepToEnd();
        rig.Verify();
        Assert.That(rig.Root.ChainedBuckets, Is.Zero);
        Assert.That(rig.Root.Main.Bits, Is.LessThanOrEqualTo(2));
    }

    /// <summary>Across the border where the window changes, in both directions.</summary>
    [Test]
    public void Large_table_grows_as_far_as_its_entries_need_and_shrinks_again()
    {
        using var rig = new TableRig(7);
        while (rig.Root.Main.Bits < 16 || !rig.Table.IsRehashing)
        {
            rig.Table.Step();
            rig.Insert((ulong)rig.Random.NextInt64(), rig.Random.Next(4) == 0);
        }
        Assert.That(rig.Table.Count, Is.GreaterThan(367_000));
        for (var inserted = 0; rig.Root.Main.Bits < 17; inserted++)
        {
            rig.Table.Step();
            rig.Insert((ulong)rig.Random.NextInt64(), false);
            if (inserted % 50_000 != 0) continue;
            rig.Table.Step();
            Assert.That(rig.Table.IsRehashBehind, Is.False);
            Assert.That((double)rig.Root.BucketBytes / rig.Table.Count, Is.LessThan(17.5));
            Assert.That(rig.Allocator.UsedBytesOf(Purpose.Tables), Is.EqualTo(rig.Root.BucketBytes + rig.Root.DueBytes + BlockAllocator.UsableSize(sizeof(TableRoot))));
            rig.Verify();
        }
        Assert.That(rig.Table.Count, Is.InRange(550_000, 552_000), "8.4 per bucket");
        Assert.That(rig.Allocator.UsedBytesOf(Purpose.Tables), Is.EqualTo(rig.Root.BucketBytes + rig.Root.DueBytes + BlockAllocator.UsableSize(sizeof(TableRoot))));

        while (rig.Table.Count > 60_000) // 91,750 begin the shrink from 2^17 buckets
        {
            rig.Table.Step();
            rig.RemoveAt(rig.Random.Next(rig.Keys.Count));
        }
        rig.Verify();
        rig.StepToEnd();
        Assert.That(rig.Root.Main.Bits, Is.LessThan(17));
        rig.Verify();
    }

    /// <summary>As entries are looked at for nothing else here, looks at keys are keys hashed again.</summary>
    private readonly struct CountingLayout : IEntryLayout
    {
        [ThreadStatic]
        public static int Looks;

        public static ReadOnlySpan<byte> KeyOf(byte* entry)
        {
            Looks++;
            return NumberLayout.KeyOf(entry);
        }

        public static long DueOf(byte* entry) => NumberLayout.DueOf(entry);
    }

    [Test]
    public void Table_that_grows_hashes_its_keys_again_only_at_the_border()
    {
        using var rig = new TableRig(9, isChecked: false);
        var table = new HashTable<CountingLayout>(rig.Table.Root, rig.Host);
        for (var bits = 0; bits < 18; bits = rig.Root.Main.Bits)
        {
            CountingLayout.Looks = 0;
            var before = 0L;
            for (ulong i = 0; rig.Root.Main.Bits == bits; i++)
            {
                if (!rig.Table.IsRehashing) before = rig.Table.Count;
                var key = ((ulong)bits << 32) + i;
                rig.Insert(key, i % 4 == 0);
                for (var steps = 0; steps < 8; steps++) table.Step();
            }
            if (bits == BucketArray.HighWindowBits - 1) Assert.That(CountingLayout.Looks, Is.GreaterThan(before / 2));
            else Assert.That(CountingLayout.Looks, Is.Zero, $"growing from 2^{bits} buckets");
        }
        rig.Verify();
    }

    [Test]
    public void Window_gives_back_its_bits_of_the_hash()
    {
        var random = new Random(3);
        for (var i = 0; i < 1000; i++)
        {
            var hash = (ulong)random.NextInt64() << 1 | (uint)random.Next(2);
            var address = (byte*)((random.NextInt64() & 0xffff_ffff_ffff) & ~7L);
            var first = i % 3 == 0 ? 0 : 16;
            var slot = Bucket.MakeSlot(address, hash, first, i % 2 == 0);
            Assert.That((nint)Bucket.EntryOf(slot), Is.EqualTo((nint)address));
            Assert.That(Bucket.ExpiresOf(slot), Is.EqualTo(i % 2 == 0));
            Assert.That(Bucket.Moved(slot, address + 8), Is.EqualTo(Bucket.MakeSlot(address + 8, hash, first, i % 2 == 0)));
            Assert.That(Bucket.WithEntry(slot, address + 8, i % 2 != 0), Is.EqualTo(Bucket.MakeSlot(address + 8, hash, first, i % 2 != 0)));
            Assert.That(Bucket.SameWindow(slot, hash, first) && !Bucket.SameWindow(slot, hash ^ (1UL << (first + i % 15)), first));
            Assert.That(Bucket.WithWindow(slot, ~hash, first), Is.EqualTo(Bucket.MakeSlot(address, ~hash, first, i % 2 == 0)));
            for (var bit = 0; bit < Bucket.WindowBits; bit++) Assert.That(Bucket.WindowBit(slot, bit), Is.EqualTo(hash >> (first + bit) & 1));
        }
    }

    [Test]
    public void Reserved_table_takes_its_entries_without_a_rehash([Values(1, 7, 100, 5600, 5735, 50_000)] int count)
    {
        using var rig = new TableRig(5, isChecked: false);
        rig.Table.Reserve(count);
        for (var i = 0; i < count; i++)
        {
            rig.Insert((ulong)i, false);
            Assert.That(rig.Table.IsRehashing, Is.False);
        }
        Assert.That(rig.Root.Main.Size, Is.LessThanOrEqualTo(Math.Max(2, count / 2)));
    }

    [Test]
    public void Defragmentation_moves_entries_and_chained_buckets_out_of_sparse_slabs()
    {
        using var rig = new TableRig(6, isChecked: false);
        for (ulong key = 0; key < 4000; key++)
        {
            rig.Table.Step();
            rig.Insert(key, false);
        }
        rig.StepToEnd();
        // No more steps: the table does not get beyond its first buckets, whose chains grow.
        for (ulong key = 4000; key < 60_000; key++) rig.Insert(key, false);
        while (rig.Keys.Count > 20_000) rig.RemoveAt(rig.Random.Next(rig.Keys.Count));
        var chained = ChainedBuckets(rig);
        var mapped = rig.Allocator.MappedBytes;
        for (var rounds = 0; ; rounds++)
        {
            Assert.That(rounds, Is.LessThan(10));
            var movedInRound = 0;
            for (long cursor = 0; ;)
            {
                cursor = rig.Relocate(cursor, 16, all: false, out var moved);
                movedInRound += moved;
                if (cursor == 0) break;
            }
            rig.Verify();
            if (movedInRound == 0) break;
        }
        Assert.That(ChainedBuckets(rig).Except(chained).Count(), Is.Positive, "no chained bucket was moved");
        rig.Allocator.TrimCaches(); // the slabs of the small tables that came before
        Assert.That(rig.Allocator.MappedBytes, Is.LessThan(mapped / 2));
        Assert.That((double)rig.Allocator.MappedBytes / rig.Allocator.UsedBytes, Is.LessThan(1.25));
    }

    private static List<nint> ChainedBuckets(TableRig rig)
    {
        var chained = new List<nint>();
        for (long number = 0; number < rig.Root.Main.Size; number++)
        {
            for (var bucket = rig.Root.Main.Buckets[number].Next; bucket != null; bucket = bucket->Next) chained.Add((nint)bucket);
        }
        return chained;
    }

    private struct Freer(TableRig rig) : IEntryVisitor
    {
        public int Visited;

        public void Visit(byte* entry, bool expires)
        {
            Visited++;
            rig.Keys.Remove(TableRig.KeyOf(entry));
            rig.Model.Remove(TableRig.KeyOf(entry));
            rig.Allocator.Free(entry, NumberLayout.Bytes, Purpose.Other);
        }
    }

    [Test]
    public void Drain_visits_each_entry_once_and_frees_the_chains([Values] bool duringRehash)
    {
        using var rig = new TableRig(8);
        for (ulong key = 0; key < 300; key++) rig.Insert(key, false);
        while (rig.Table.Count < 1500 || rig.Table.IsRehashing != duringRehash)
        {
            rig.Table.Step();
            rig.Insert((ulong)rig.Random.NextInt64(), rig.Random.Next(2) == 0);
        }
        Assert.That(rig.Root.ChainedBuckets, Is.Positive);
        var count = rig.Model.Count;
        var freer = new Freer(rig);
        long cursor = 0;
        do cursor = rig.Table.Walk.Drain(cursor, 3, ref freer);
        while (cursor != 0);
        Assert.That(freer.Visited, Is.EqualTo(count));
        Assert.That(rig.Model, Is.Empty);
        Assert.That(rig.Root.ChainedBuckets, Is.Zero);
    }
}
