using System.Buffers.Binary;

namespace Carnelian.Tests;

/// <summary>Entries of 24 bytes: | payload 8 | key 8 | when it is due 8 |.</summary>
internal readonly struct NumberLayout : IEntryLayout
{
    public const int Bytes = 24;

    public static unsafe ReadOnlySpan<byte> KeyOf(byte* entry) => new(entry + 8, 8);

    public static unsafe long DueOf(byte* entry) => *(long*)(entry + 16);
}

/// <summary>
/// A hash table of numbers beside a dictionary that says what must be in it. Walks all buckets to compare them, down to
/// the last count.
/// </summary>
internal sealed unsafe class TableRig : IDisposable
{
    private readonly TableRoot* _root;
    private readonly Random _times = new(1);
    private long _payload, _leastDueMs;

    public TableRig(int seed, bool isChecked = true)
    {
        Random = new(seed);
        Allocator = new(new() { Checked = isChecked, RangeBytesMax = 1 << 30, QuarantineBlocks = 64 });
        Host = new(Allocator, new((ulong)Random.NextInt64(), (ulong)Random.NextInt64()));
        _root = (TableRoot*)Allocator.AllocateZeroed(sizeof(TableRoot), Purpose.Tables);
        Table = new(_root, Host);
    }

    public readonly record struct Expected(nint Address, bool Expires, long Payload, long DueMs);

    public Random Random { get; }

    public BlockAllocator Allocator { get; }

    public TableHost Host { get; }

    public HashTable<NumberLayout> Table { get; }

    public ref TableRoot Root => ref *_root;

    public Dictionary<ulong, Expected> Model { get; } = [];

    public List<ulong> Keys { get; } = [];

    public ulong HashOf(ulong key)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, key);
        return Host.Hash(bytes);
    }

    public SlotPosition Find(ulong key)
    {
        Span<byte> bytes = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, key);
        return Table.Find(bytes, Host.Hash(bytes));
    }

    /// <summary>Times are drawn below this, if they are not given.</summary>
    public const int DueMsMax = 1000;

    public void Insert(ulong key, bool expires, long? dueMs = null)
    {
        var entry = NewEntry(key, dueMs);
        var at = Table.Insert(entry, HashOf(key), expires);
        Assert.That((nint)at.Entry, Is.EqualTo((nint)entry));
        Model.Add(key, new((nint)entry, expires, *(long*)entry, NumberLayout.DueOf(entry)));
        Keys.Add(key);
    }

    public void Replace(ulong key, bool expires)
    {
        var old = Model[key];
        var entry = NewEntry(key, null);
        Table.Replace(Find(key), entry, expires);
        Allocator.Free((byte*)old.Address, NumberLayout.Bytes, Purpose.Other);
        Model[key] = new((nint)entry, expires, *(long*)entry, NumberLayout.DueOf(entry));
    }

    /// <summary>Gives an entry another time, in place.</summary>
    public void Touch(ulong key)
    {
        var at = Find(key);
        var dueMs = _times.Next(DueMsMax);
        *(long*)(at.Entry + 16) = dueMs;
        Table.NoteDue(at, dueMs);
        Model[key] = Model[key] with { Expires = true, DueMs = dueMs };
    }

    public void Remove(ulong key) => RemoveAt(Keys.IndexOf(key));

    /// <summary>The key at this place in <see cref="Keys"/>.</summary>
    public void RemoveAt(int place)
    {
        var key = Keys[place];
        Table.Remove(Find(key));
        Model.Remove(key, out var old);
        Allocator.Free((byte*)old.Address, NumberLayout.Bytes, Purpose.Other);
        Keys[place] = Keys[^1];
        Keys.RemoveAt(Keys.Count - 1);
    }

    public void RemoveAll()
    {
        while (Keys.Count > 0)
        {
            Table.Step();
            RemoveAt(Keys.Count - 1);
        }
    }

    public void StepToEnd()
    {
        while (Table.IsRehashBehind) Table.Step();
    }

    private byte* NewEntry(ulong key, long? dueMs)
    {
        var entry = Allocator.Allocate(NumberLayout.Bytes, Purpose.Other);
        *(long*)entry = ++_payload;
        BinaryPrimitives.WriteUInt64LittleEndian(new(entry + 8, 8), key);
        *(long*)(entry + 16) = dueMs ?? _times.Next(DueMsMax);
        return entry;
    }

    public static ulong KeyOf(byte* entry) => BinaryPrimitives.ReadUInt64LittleEndian(NumberLayout.KeyOf(entry));

    // ---- moving

    /// <summary>Moves entries, all or those in sparse slabs, and tells the model.</summary>
    public struct Mover(TableRig rig, bool all) : IEntryMover
    {
        public int Seen, Moved;

        public byte* Move(byte* entry)
        {
            Seen++;
            if (!all && !rig.Allocator.IsSparse(entry, NumberLayout.Bytes)) return entry;
            var key = KeyOf(entry);
            var expected = rig.Model[key];
            Assert.That(expected.Address, Is.EqualTo((nint)entry));
            var copy = rig.Allocator.Allocate(NumberLayout.Bytes, Purpose.Other);
            new ReadOnlySpan<byte>(entry, NumberLayout.Bytes).CopyTo(new(copy, NumberLayout.Bytes));
            rig.Allocator.Free(entry, NumberLayout.Bytes, Purpose.Other);
            rig.Model[key] = expected with { Address = (nint)copy };
            Moved++;
            return copy;
        }
    }

    public long Relocate(long cursor, int bucketsMax, bool all, out int moved)
    {
        var mover = new Mover(this, all);
        var next = Table.Walk.Relocate(cursor, bucketsMax, ref mover);
        moved = mover.Moved;
        return next;
    }

    // ---- walking

    /// <summary>Collects keys, with repetitions, and checks each flag.</summary>
    public readonly struct Collector(TableRig rig, List<ulong> found) : IEntryVisitor
    {
        public void Visit(byte* entry, bool expires)
        {
            var key = KeyOf(entry);
            if (rig.Model[key].Expires != expires) Assert.Fail($"{key} is visited with the wrong flag");
            found.Add(key);
        }
    }

    public ulong Scan(ulong cursor, List<ulong> found)
    {
        var collector = new Collector(this, found);
        return Table.Walk.Scan(cursor, ref collector);
    }

    public long ScanExpiring(long cursor, int bucketsMax, List<ulong> found)
    {
        var collector = new Collector(this, found);
        return Table.ExpiryWalk.ScanExpiring(cursor, bucketsMax, ref collector);
    }

    /// <summary>Takes what is due, but no more than a few.</summary>
    public readonly struct DueCollector(List<ulong> found, int countMax) : IDueVisitor
    {
        public bool Take(byte* entry)
        {
            if (found.Count >= countMax) return false;
            found.Add(KeyOf(entry));
            return true;
        }
    }

    public long ScanDue(long cursor, long nowMs, int groupsMax, List<ulong> found, int countMax = int.MaxValue)
    {
        var collector = new DueCollector(found, countMax);
        return Table.ExpiryWalk.ScanDue(cursor, nowMs, groupsMax, ref collector);
    }

    // ---- verifying

    /// <summary>Walks every bucket and compares entries, places, chains and counts with the model.</summary>
    public void Verify()
    {
        long entries = 0, expiring = 0, chained = 0;
        VerifyArray(_root->Main, false, ref entries, ref expiring, ref chained);
        VerifyArray(_root->Target, true, ref entries, ref expiring, ref chained);
        Assert.That(entries, Is.EqualTo(Model.Count));
        Assert.That(Table.Count, Is.EqualTo(Model.Count));
        Assert.That(Table.Due, Is.EqualTo(Model.Values.Count(e => e.Expires)).And.EqualTo(expiring));
        Assert.That(_root->ChainedBuckets, Is.EqualTo(chained));
        foreach (var (key, expected) in Model)
        {
            var entry = Find(key).Entry;
            if ((nint)entry != expected.Address || *(long*)entry != expected.Payload) Assert.Fail($"{key} is not found where it is");
        }
    }

    private void VerifyArray(in BucketArray array, bool inTarget, ref long entries, ref long expiring, ref long chained)
    {
        for (long group = 0; array.Buckets != null && group < array.Groups; group++)
        {
            long expiringInGroup = 0;
            _leastDueMs = DueTimes.Never;
            var end = Math.Min((group + 1) * BucketArray.GroupBuckets, array.Size);
            for (var number = group * BucketArray.GroupBuckets; number < end; number++)
                VerifyBucket(array, number, inTarget, ref entries, ref expiringInGroup, ref chained);
            if (array.Due.Of(group) > _leastDueMs) Assert.Fail($"group {group} holds something that is due earlier than it says");
            expiring += expiringInGroup;
        }
    }

    private void VerifyBucket(in BucketArray array, long number, bool inTarget, ref long entries, ref long expiring, ref long chained)
    {
        var first = array.Buckets + number;
        for (var bucket = first; bucket != null; bucket = bucket->Next)
        {
            if (bucket != first)
            {
                chained++;
                if (bucket->Count < 2) Assert.Fail("a chained bucket holds less than two entries");
            }
            if (bucket->IsChained && bucket->Free != 0) Assert.Fail("a hole before the chain's end");
            for (var i = 0; i < Bucket.Slots; i++)
            {
                if ((bucket->Present >> i & 1) == 0) continue;
                var slot = (*bucket)[i];
                var entry = Bucket.EntryOf(slot);
                var key = KeyOf(entry);
                var hash = HashOf(key);
                var expected = Model[key];
                if (expected.Address != (nint)entry || expected.Expires != Bucket.ExpiresOf(slot)) Assert.Fail($"{key} is not as expected");
                if (bucket->Tag(i) != Bucket.TagOf(hash) || !Bucket.SameWindow(slot, hash, array.WindowFirstBit)) Assert.Fail($"{key} has another hash's bits");
                if (number != (long)(hash & array.Mask)) Assert.Fail($"{key} is in the wrong bucket");
                if (Table.IsRehashing && inTarget != (number & (Math.Min(Root.Main.Size, Root.Target.Size) - 1)) < Root.RehashIndex)
                    Assert.Fail($"{key} is in the wrong table");
                entries++;
                if (!expected.Expires) continue;
                expiring++;
                _leastDueMs = Math.Min(_leastDueMs, expected.DueMs);
            }
        }
    }

    /// <summary>Frees what is left; the checked allocator fails if the table did not.</summary>
    public void Dispose()
    {
        foreach (var expected in Model.Values) Allocator.Free((byte*)expected.Address, NumberLayout.Bytes, Purpose.Other);
        Table.Free();
        Allocator.Free((byte*)_root, sizeof(TableRoot), Purpose.Tables);
        Allocator.Dispose();
    }
}
