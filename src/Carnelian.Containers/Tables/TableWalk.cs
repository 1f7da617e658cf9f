using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace Carnelian;

/// <summary>
/// Walks over the entries of a hash table: for SCAN, defragmentation and disposal. They need no keys and so are the
/// same for every layout of entries.
/// </summary>
internal readonly unsafe struct TableWalk(TableRoot* root, BlockAllocator allocator)
{
    private readonly TableRoot* _root = root;
    private readonly BlockAllocator _allocator = allocator;

    /// <summary>
    /// Visits one position of a walk and returns the next cursor; 0 begins and ends it. Every entry that is in the table
    /// during the whole walk is visited at least once, however the table grows or shrinks meanwhile: the cursor counts in
    /// reversed bits (Pieter Noordhuis' scheme of Redis' dictScan), so that a bucket's splits and merges are all done or all to come.
    /// </summary>
    public ulong Scan<TVisitor>(ulong cursor, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor
    {
        if (_root->Main.Buckets == null) return 0;
        if (!_root->IsRehashing)
        {
            Visit(_root->Main.Buckets + (cursor & _root->Main.Mask), ref visitor);
            return NextCursor(cursor, _root->Main.Mask);
        }
        var (small, large) = _root->Grows ? (_root->Main, _root->Target) : (_root->Target, _root->Main);
        var inTarget = (long)(cursor & small.Mask) < _root->RehashIndex;
        if (inTarget != _root->Grows) Visit(small.Buckets + (cursor & small.Mask), ref visitor);
        do
        {
            if (inTarget == _root->Grows) Visit(large.Buckets + (cursor & large.Mask), ref visitor);
            cursor = NextCursor(cursor, large.Mask);
        }
        while ((cursor & (small.Mask ^ large.Mask)) != 0);
        return cursor;
    }

    private static ulong NextCursor(ulong cursor, ulong mask) => Reverse(Reverse(cursor | ~mask) + 1);

    private static ulong Reverse(ulong v)
    {
        v = BinaryPrimitives.ReverseEndianness(v);
        v = ((v >> 4) & 0x0f0f0f0f0f0f0f0fUL) | ((v & 0x0f0f0f0f0f0f0f0fUL) << 4);
        v = ((v >> 2) & 0x3333333333333333UL) | ((v & 0x3333333333333333UL) << 2);
        return ((v >> 1) & 0x5555555555555555UL) | ((v & 0x5555555555555555UL) << 1);
    }

    private static void Visit<TVisitor>(Bucket* bucket, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor
    {
        for (; bucket != null; bucket = bucket->Next)
        {
            for (var present = bucket->Present; present != 0; present &= present - 1)
            {
                var slot = (*bucket)[BitOperations.TrailingZeroCount(present)];
                visitor.Visit(Bucket.EntryOf(slot), Bucket.ExpiresOf(slot));
            }
        }
    }

    /// <summary>
    /// Gives each entry of some buckets to <paramref name="mover"/>, which may answer with a new address for it. Cursors are numbers of buckets, of the
    /// main and then of the target array. Returns where to go on; 0 after the last bucket.
    /// </summary>
    public long Relocate<TMover>(long cursor, int bucketsMax, ref TMover mover) where TMover : struct, IEntryMover
    {
        var total = _root->Buckets;
        if (cursor >= total) cursor = 0;
        cursor = SkipEmpty(cursor);
        for (var end = Math.Min(cursor + bucketsMax, total); cursor < end; cursor = SkipEmpty(cursor + 1))
        {
            for (var bucket = BucketAt(cursor); bucket != null; bucket = bucket->Next)
            {
                if (bucket->IsChained) RelocateNext(bucket);
                for (var present = bucket->Present; present != 0; present &= present - 1)
                {
                    var i = BitOperations.TrailingZeroCount(present);
                    var slot = (*bucket)[i];
                    var old = Bucket.EntryOf(slot);
                    var moved = mover.Move(old);
                    if (moved != old) (*bucket)[i] = Bucket.Moved(slot, moved);
                }
            }
        }
        return cursor >= total ? 0 : cursor;
    }

    /// <summary>
    /// Visits each entry of some buckets for the last time and frees the buckets' chains, so that what is left for
    /// <see cref="HashTable{TLayout}.Free"/> does not depend on the table's size. Cursors and return value as in <see cref="Relocate"/>; nothing else
    /// may be called before Free.
    /// </summary>
    public long Drain<TVisitor>(long cursor, int bucketsMax, ref TVisitor visitor) where TVisitor : struct, IEntryVisitor
    {
        var total = _root->Buckets;
        cursor = SkipEmpty(cursor);
        for (var end = Math.Min(cursor + bucketsMax, total); cursor < end; cursor = SkipEmpty(cursor + 1))
        {
            var bucket = BucketAt(cursor);
            Visit(bucket, ref visitor);
            _root->FreeChain(bucket, _allocator);
        }
        return cursor >= total ? 0 : cursor;
    }

    /// <summary>Numbers of the main and then of the target array.</summary>
    private Bucket* BucketAt(long number) =>
        number < _root->Main.Size ? _root->Main.Buckets + number : _root->Target.Buckets + (number - _root->Main.Size);

    /// <summary>The first bucket from this one on that a rehash has not emptied, or has come to: the others' memory may be absent, and is not to be touched.</summary>
    private long SkipEmpty(long number)
    {
        if (!_root->IsRehashing) return number;
        var size = _root->Main.Size;
        var mask = Math.Min(size, _root->Target.Size) - 1;
        if (number < size) return Math.Max(number, (number & ~mask) + _root->RehashIndex);
        var inTarget = number - size;
        return (inTarget & mask) < _root->RehashIndex ? number : size + (inTarget | mask) + 1;
    }

    private void RelocateNext(Bucket* bucket)
    {
        var old = bucket->Next;
        if (!_allocator.IsSparse((byte*)old, Bucket.Bytes)) return;
        var moved = (Bucket*)_allocator.Allocate(Bucket.Bytes, Purpose.Tables);
        *moved = *old;
        (*bucket)[Bucket.LastSlot] = (ulong)moved;
        _allocator.Free((byte*)old, Bucket.Bytes, Purpose.Tables);
    }

    /// <summary>
    /// Draws a bucket, then one of as many places as a bucket has slots, again and again until there is an entry in the place. So all entries are
    /// equally likely, except in buckets that chain to more entries than that. Null when the table is empty.
    /// </summary>
    /// <param name="chance">A random number, the only source of chance here.</param>
    public byte* Sample(ulong chance)
    {
        if (_root->Count == 0) return null;
        for (; ; chance = Mix(chance))
        {
            var number = (long)Math.BigMul(chance, (ulong)_root->Buckets, out _);
            if (SkipEmpty(number) != number) continue;
            var bucket = BucketAt(number);
            var count = 0;
            for (var b = bucket; b != null; b = b->Next) count += b->Count;
            if (count == 0) continue;
            var pick = (int)(Mix(chance) % (ulong)Math.Max(count, Bucket.Slots));
            if (pick >= count) continue;
            while (pick >= bucket->Count)
            {
                pick -= bucket->Count;
                bucket = bucket->Next;
            }
            var present = bucket->Present;
            for (; pick > 0; pick--) present &= present - 1;
            return Bucket.EntryOf((*bucket)[BitOperations.TrailingZeroCount(present)]);
        }
    }

    /// <summary>
    /// Visits the entries of whole buckets, from a drawn one on: of as many as have <paramref name="wanted"/> entries on average, whatever is in them, so that each
    /// entry is as likely as the others to be visited. Neighbours come together, none comes twice, and where almost all buckets are empty none may come.
    /// </summary>
    /// <param name="chance">A random number, the only source of chance here.</param>
    public void Draw<TVisitor>(ulong chance, int wanted, ref TVisitor visitor) where TVisitor : struct, IDrawVisitor
    {
        if (_root->Count == 0) return;
        var left = BucketsPerDraw(wanted, _root->Count);
        var number = BucketOf(chance);
        for (var bound = Math.Min(_root->Buckets, BucketsPerDrawMax); bound > 0 && (left > 0 || !visitor.HasFound); bound--, left--)
        {
            Visit(BucketAt(number), ref visitor);
            number = Behind(number);
        }
    }

    private const int BucketsPerDrawMax = 256;

    /// <summary>
    /// The bucket that is drawn, of those that a rehash has not emptied, or has come to. In numbers of the smaller array the first <see cref="TableRoot.RehashIndex"/>
    /// are the target's, wherever they recur there, and the others the main array's.
    /// </summary>
    private long BucketOf(ulong chance)
    {
        var drawn = (long)Math.BigMul(chance, (ulong)UsedBuckets, out _);
        if (!_root->IsRehashing) return drawn;
        var (size, moved) = (_root->Main.Size, _root->RehashIndex);
        var small = Math.Min(size, _root->Target.Size);
        var (first, left) = (moved, small - moved);
        if (drawn >= size / small * left)
        {
            drawn -= size / small * left;
            (first, left) = (size, moved);
        }
        for (; drawn >= left; drawn -= left) first += small;
        return first + drawn;
    }

    private long UsedBuckets
    {
        get
        {
            var (main, target) = (_root->Main.Size, _root->Target.Size);
            return _root->IsRehashing ? main + (target - main) / Math.Min(main, target) * _root->RehashIndex : main;
        }
    }

    private long Behind(long number)
    {
        number = SkipEmpty(number + 1);
        return number < _root->Buckets ? number : SkipEmpty(0);
    }

    /// <summary>Asks the processor for the bucket that <see cref="Draw"/> will begin with.</summary>
    public void PrefetchDraw(ulong chance)
    {
        if (Sse.IsSupported && _root->Count > 0) Sse.Prefetch0(BucketAt(BucketOf(chance)));
    }

    /// <summary>As <see cref="PrefetchDraw"/>, for what it will visit, when the bucket has arrived.</summary>
    public void PrefetchDrawn(ulong chance, int wanted)
    {
        if (!Sse.IsSupported || _root->Count == 0) return;
        var number = BucketOf(chance);
        for (var left = Math.Min(BucketsPerDraw(wanted, _root->Count), BucketsPrefetchedMax); left > 0; left--)
        {
            var bucket = BucketAt(number);
            if (bucket->IsChained) Sse.Prefetch0(bucket->Next);
            for (var present = bucket->Present; present != 0; present &= present - 1)
                Sse.Prefetch0(Bucket.EntryOf((*bucket)[BitOperations.TrailingZeroCount(present)]));
            number = Behind(number);
        }
    }

    /// <summary>What more of them hold would not stay in the processor's cache.</summary>
    private const int BucketsPrefetchedMax = 4;

    /// <summary>So many of the buckets that have <paramref name="entries"/> in all have <paramref name="wanted"/> of them on average.</summary>
    public long BucketsPerDraw(int wanted, long entries) => Math.Min((wanted * UsedBuckets + entries - 1) / entries, BucketsPerDrawMax);

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014).</summary>
    internal static ulong Mix(ulong x)
    {
        x += 0x9e3779b97f4a7c15UL;
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
        return x ^ (x >> 31);
    }
}
