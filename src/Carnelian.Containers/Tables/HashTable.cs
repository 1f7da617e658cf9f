using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace Carnelian;

/// <summary>
/// A handle to a hash table of 64-byte buckets (see <see cref="Bucket"/>) whose root lies at a native address. It keeps
/// entries by address and owns none of them. Rehashing is incremental: <see cref="Step"/>, called once per operation
/// by whoever uses the table, moves the entries of one bucket.
/// </summary>
/// <typeparam name="TLayout">How to find an entry's key, and when it is due.</typeparam>
internal readonly unsafe struct HashTable<TLayout>(TableRoot* root, TableHost host) where TLayout : struct, IEntryLayout
{
    /// <summary>Entries per bucket at which a table begins to grow, in tenths. At 5.6 of 7 one bucket in five has a chain.</summary>
    private const int GrowAtTenths = 56;

    /// <summary>
    /// Entries per bucket, in tenths, at which a gradual growth has come to its end. Between the two it keeps pace with the entries, so that a table takes 13 to 17 bytes
    /// for each; doubled in one go it would take up to 23. The later the end, the longer are the chains of buckets that wait for it.
    /// </summary>
    private const int GrownAtTenths = 84;

    /// <summary>Entries per bucket, in tenths, below which a table shrinks.</summary>
    private const int ShrinkAtTenths = 7;

    /// <summary>A shrink takes at most so many bits off at a time: a step empties 2^bits buckets.</summary>
    private const int ShrinkBitsMax = 2;

    public const int BitsMax = 40;

    /// <summary>So many buckets before its turn the chain of one is fetched.</summary>
    private const int StepsAhead = 4;

    private readonly TableRoot* _root = root;
    private readonly TableHost _host = host;

    public long Count => _root->Count;

    public long Due => _root->Due;

    public bool IsRehashing => _root->IsRehashing;

    /// <summary>A step of a rehash is due: one goes on and, where the table grows gradually, has not kept pace with the entries.</summary>
    public bool IsRehashBehind
    {
        get
        {
            if (!_root->IsRehashing) return false;
            if (!_root->GrowsGradually) return true;
            var (size, tenths) = (_root->Main.Size, _root->Count * 10);
            return _root->RehashIndex * (GrownAtTenths - GrowAtTenths) < tenths - size * GrowAtTenths || tenths < size * ShrinkAtTenths;
        }
    }

    public TableRoot* Root => _root;

    public TableWalk Walk => new(_root, _host.Allocator);

    public ExpiryWalk<TLayout> ExpiryWalk => new(_root);

    public ulong Hash(ReadOnlySpan<byte> key) => _host.Hash(key);

    // ---- looking up

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public SlotPosition Find(ReadOnlySpan<byte> key, ulong hash)
    {
        ref readonly var array = ref ArrayOf(hash, out var inTarget);
        if (array.Buckets == null) return default;
        var number = (long)(hash & array.Mask);
        var bucket = array.Buckets + number;
        var tag = Bucket.TagOf(hash);
        do
        {
            for (var matches = bucket->Matches(tag); matches != 0; matches &= matches - 1)
            {
                var i = BitOperations.TrailingZeroCount(matches);
                var slot = (*bucket)[i];
                if (Bucket.SameWindow(slot, hash, array.WindowFirstBit) && TLayout.KeyOf(Bucket.EntryOf(slot)).SequenceEqual(key))
                    return new(bucket, i, number, inTarget);
            }
            bucket = bucket->Next;
        }
        while (bucket != null);
        return default;
    }

    /// <summary>Asks the processor for the bucket of a key that will be looked up soon.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchBucket(ulong hash)
    {
        ref readonly var array = ref ArrayOf(hash, out _);
        if (Sse.IsSupported && array.Buckets != null) Sse.Prefetch0(array.Buckets + (hash & array.Mask));
    }

    /// <summary>Asks the processor for the entry of a key whose bucket has arrived.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void PrefetchEntry(ulong hash)
    {
        ref readonly var array = ref ArrayOf(hash, out _);
        if (!Sse.IsSupported || array.Buckets == null) return;
        var bucket = array.Buckets + (hash & array.Mask);
        var matches = bucket->Matches(Bucket.TagOf(hash));
        if (matches == 0)
        {
            if (bucket->IsChained) Sse.Prefetch0(bucket->Next);
            return;
        }
        var entry = Bucket.EntryOf((*bucket)[BitOperations.TrailingZeroCount(matches)]);
        Sse.Prefetch0(entry);
        Sse.Prefetch0(entry + 63);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ref BucketArray ArrayOf(ulong hash, out bool inTarget)
    {
        if (_root->Target.Buckets == null)
        {
            inTarget = false;
            return ref _root->Main;
        }
        inTarget = (long)(hash & SmallMask) < _root->RehashIndex;
        return ref inTarget ? ref _root->Target : ref _root->Main;
    }

    private ulong SmallMask => Math.Min(_root->Main.Mask, _root->Target.Mask);

    // ---- changing

    /// <summary>Adds an entry whose key is not in the table.</summary>
    public SlotPosition Insert(byte* entry, ulong hash, bool expires)
    {
        if (_root->Main.Buckets == null) _root->Main = BucketArray.Allocate(_host.Allocator, 0);
        else if (!_root->IsRehashing && _root->Count * 10 >= _root->Main.Size * GrowAtTenths) Begin(_root->Main.Bits + 1);
        ref var array = ref ArrayOf(hash, out var inTarget);
        _root->Count++;
        var slot = Bucket.MakeSlot(entry, hash, array.WindowFirstBit, expires);
        var at = Put(ref array, inTarget, (long)(hash & array.Mask), Bucket.TagOf(hash), slot);
        if (expires)
        {
            _root->Due++;
            array.NoteDue(_host.Allocator, at.Number, TLayout.DueOf(entry));
        }
        return at;
    }

    /// <summary>Another entry, with the same key, in an entry's place.</summary>
    public void Replace(in SlotPosition at, byte* entry, bool expires)
    {
        var old = (*at.Bucket)[at.Index];
        (*at.Bucket)[at.Index] = Bucket.WithEntry(old, entry, expires);
        if (Bucket.ExpiresOf(old)) _root->Due--;
        if (!expires) return;
        _root->Due++;
        ArrayOf(at).NoteDue(_host.Allocator, at.Number, TLayout.DueOf(entry));
    }

    /// <summary>An entry is due at a time that may be earlier than it was.</summary>
    public void NoteDue(in SlotPosition at, long dueMs)
    {
        var slot = (*at.Bucket)[at.Index];
        if (!Bucket.ExpiresOf(slot)) _root->Due++;
        (*at.Bucket)[at.Index] = slot | Bucket.ExpiresBit;
        ArrayOf(at).NoteDue(_host.Allocator, at.Number, dueMs);
    }

    /// <summary>Takes an entry out; its memory stays with the caller.</summary>
    public void Remove(in SlotPosition at)
    {
        if (Bucket.ExpiresOf((*at.Bucket)[at.Index])) _root->Due--;
        at.Bucket->Clear(at.Index);
        _root->Count--;
        var first = ArrayOf(at).Buckets + at.Number;
        if (first->IsChained) Compact(first, at.Bucket, at.Index);
        if (_root->Count * 10 < _root->Main.Size * ShrinkAtTenths) BeginShrink();
    }

    /// <summary>Frees the table's own memory; entries are the caller's.</summary>
    public void Free()
    {
        CountAbsent(_root->AbsentBytes, 0);
        FreeArray(ref _root->Main);
        FreeArray(ref _root->Target);
        *_root = default;
    }

    private ref BucketArray ArrayOf(in SlotPosition at) => ref at.InTarget ? ref _root->Target : ref _root->Main;

    private SlotPosition Put(ref BucketArray array, bool inTarget, long number, byte tag, ulong slot)
    {
        var bucket = array.Buckets + number;
        while (bucket->Free == 0)
        {
            if (!bucket->IsChained) AddToChain(bucket);
            bucket = bucket->Next;
        }
        var i = BitOperations.TrailingZeroCount(bucket->Free);
        bucket->Put(i, tag, slot);
        return new(bucket, i, number, inTarget);
    }

    /// <summary>The last slot becomes the link; what was in it moves to the new bucket.</summary>
    private void AddToChain(Bucket* bucket)
    {
        var next = (Bucket*)_host.Allocator.AllocateZeroed(Bucket.Bytes, Purpose.Tables);
        next->Put(0, bucket->Tag(Bucket.LastSlot), (*bucket)[Bucket.LastSlot]);
        bucket->Chain(next);
        _root->ChainedBuckets++;
    }

    /// <summary>Fills the hole with the chain's last entry; a last bucket with one entry or none goes.</summary>
    private void Compact(Bucket* first, Bucket* hole, int index)
    {
        Bucket* before = null, last = first;
        while (last->IsChained)
        {
            before = last;
            last = last->Next;
        }
        if (hole != last && !last->IsEmpty)
        {
            var i = BitOperations.Log2(last->Present);
            hole->Put(index, last->Tag(i), (*last)[i]);
            last->Clear(i);
        }
        if (last->Count > 1) return;
        before->Unchain();
        if (!last->IsEmpty)
        {
            var i = BitOperations.Log2(last->Present);
            before->Put(Bucket.LastSlot, last->Tag(i), (*last)[i]);
        }
        _root->FreeChained(last, _host.Allocator);
    }

    private void FreeArray(ref BucketArray array)
    {
        if (array.Buckets == null) return;
        for (long number = 0; _root->ChainedBuckets > 0 && number < array.Size; number++) _root->FreeChain(array.Buckets + number, _host.Allocator);
        array.Free(_host.Allocator);
    }

    // ---- rehashing

    /// <summary>Moves one bucket's entries, if a rehash goes on and is behind.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Step()
    {
        if (_root->Target.Buckets != null && IsRehashBehind) MigrateOne();
    }

    /// <summary>Sizes an empty table for <paramref name="count"/> entries.</summary>
    public void Reserve(long count)
    {
        if (_root->Count > 0 || _root->IsRehashing || count <= 0) return;
        var bits = BitOperations.Log2((ulong)(count * 10 / GrowAtTenths) | 1) + 1;
        FreeArray(ref _root->Main);
        _root->Main = BucketArray.Allocate(_host.Allocator, Math.Min(bits, BitsMax));
    }

    private void Begin(int bits)
    {
        Check.That(bits is >= 0 and <= BitsMax);
        _root->Target = BucketArray.Allocate(_host.Allocator, bits);
        _root->RehashIndex = 0;
        CountAbsent(0, _root->AbsentBytes);
        Prepare(0);
    }

    /// <summary>The allocator counts blocks as a whole; what is absent of the arrays is not used.</summary>
    private void CountAbsent(long before, long now)
    {
        if (now != before) _host.Allocator.CountAbsent(now - before, Purpose.Tables);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void BeginShrink()
    {
        if (_root->IsRehashing || _root->Main.Bits == 0 || !_host.ShrinksTables) return;
        var bits = _root->Main.Bits;
        for (var taken = 0; taken < ShrinkBitsMax && bits > 0 && _root->Count * 10 < (1L << bits) * ShrinkAtTenths * 2; taken++) bits--;
        if (bits < _root->Main.Bits) Begin(bits);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void MigrateOne()
    {
        ref var main = ref _root->Main;
        ref var target = ref _root->Target;
        var small = _root->RehashIndex;
        var smallSize = Math.Min(main.Size, target.Size);
        var run = _root->Run;
        if (small % run == 0 && _root->HasHugeRuns && _host.Allocator.IsPreparing) return;
        if (small % run == 0 && !_root->HasHugeRuns && _root->GrowsGradually) Populate(small, run);
        if (small % run == run / 4 * 3) Prepare(small + run / 4);
        for (var number = small; number < main.Size; number += smallSize) Migrate(ref main, ref target, number);
        PrefetchChain(main, small + StepsAhead);
        var absent = _root->AbsentBytes;
        _root->RehashIndex = ++small;
        if (small % run == 0 && main.Size > run)
        {
            for (var emptied = small - run; emptied < main.Size; emptied += smallSize)
                _host.Allocator.ReleasePages((byte*)main.Buckets, (nint)emptied * Bucket.Bytes, (nint)run * Bucket.Bytes);
            CountAbsent(absent, _root->AbsentBytes);
        }
        if (small < smallSize) return;
        CountAbsent(_root->AbsentBytes, 0);
        main.Free(_host.Allocator);
        main = target;
        target = default;
        if (_root->Count * 10 < main.Size * ShrinkAtTenths) BeginShrink();
    }

    /// <summary>Buckets follow each other in memory, and the processor sees that; their chains do not.</summary>
    private static void PrefetchChain(in BucketArray main, long number)
    {
        if (Sse.IsSupported && number < main.Size && main.Buckets[number].IsChained) Sse.Prefetch0(main.Buckets[number].Next);
    }

    /// <summary>
    /// Has the memory of a run of the target's buckets made ready where that is huge pages, in both halves when the table grows. Nobody touches the target
    /// ahead of <see cref="TableRoot.RehashIndex"/>, so waiting for it costs nothing but a little more crowded buckets.
    /// </summary>
    private void Prepare(long begin)
    {
        var smallSize = Math.Min(_root->Main.Size, _root->Target.Size);
        if (begin >= smallSize || !_root->HasHugeRuns) return;
        for (var number = begin; number < _root->Target.Size; number += smallSize)
            _host.Allocator.Prepare((byte*)_root->Target.Buckets, (nint)number * Bucket.Bytes, (nint)_root->Run * Bucket.Bytes);
    }

    /// <summary>Has the pages of a run of the target come in one go, in both halves, where they are no huge pages.</summary>
    private void Populate(long begin, long run)
    {
        for (var number = begin; number < _root->Target.Size; number += _root->Main.Size)
            _host.Allocator.Populate((byte*)_root->Target.Buckets, (nint)number * Bucket.Bytes, (nint)run * Bucket.Bytes);
    }

    private void Migrate(ref BucketArray main, ref BucketArray target, long number)
    {
        var bucket = main.Buckets + number;
        var group = number >> BucketArray.GroupShift;
        var dueMs = main.Due.Of(group);
        for (var from = bucket; from != null; from = from->Next)
        {
            for (var present = from->Present; present != 0; present &= present - 1)
            {
                var i = BitOperations.TrailingZeroCount(present);
                var slot = (*from)[i];
                var targetNumber = NumberIn(target, main, number, ref slot);
                Put(ref target, true, targetNumber, from->Tag(i), slot);
                if (Bucket.ExpiresOf(slot)) target.NoteDue(_host.Allocator, targetNumber, dueMs);
            }
        }
        _root->FreeChain(bucket, _host.Allocator);
        *bucket = default;
        var isLastOfGroup = (number + 1) % BucketArray.GroupBuckets == 0;
        if (isLastOfGroup && dueMs != DueTimes.Never) main.Due.Set(group, DueTimes.Never);
    }

    /// <summary>
    /// A smaller table's number is the low part of the old one. A table grows by one bit, which the window holds if the arrays keep the same window.
    /// A smaller array's window is part of the number too; a larger array with another window is what keys are hashed again for.
    /// </summary>
    private long NumberIn(in BucketArray target, in BucketArray main, long number, ref ulong slot)
    {
        if (target.WindowFirstBit == main.WindowFirstBit)
        {
            if (target.Bits < main.Bits) return number & (long)target.Mask;
            var bit = main.Bits - main.WindowFirstBit;
            if (bit < Bucket.WindowBits) return number | (long)Bucket.WindowBit(slot, bit) << main.Bits;
        }
        var hash = target.Bits < main.Bits ? (ulong)number : _host.Hash(TLayout.KeyOf(Bucket.EntryOf(slot)));
        slot = Bucket.WithWindow(slot, hash, target.WindowFirstBit);
        return (long)(hash & target.Mask);
    }
}
