using System.Buffers;
using System.Runtime.Intrinsics.X86;

namespace Carnelian;

/// <summary>Entries that a walk found, by address: they live until the end of the call. Cleared and used again.</summary>
public abstract unsafe class FoundList
{
    private const int LengthMin = 16;

    /// <summary>128 KiB: a longer list goes back to the pool.</summary>
    private const int LengthKeptMax = 1 << 14;

    private nint[] _found = new nint[LengthMin];

    public int Count { get; private set; }

    /// <summary>Empties the list; one that has become long also gives its memory back.</summary>
    public void Clear()
    {
        Count = 0;
        if (_found.Length > LengthKeptMax) Exchange(new nint[LengthMin]);
    }

    /// <summary>
    /// Puts an entry in an earlier one's place, so that a list is filtered without a second one. <see cref="Truncate"/> then cuts off the rest.
    /// </summary>
    public void Keep(int i, int place)
    {
        Check.That(place <= i && i < Count);
        _found[place] = _found[i];
    }

    public void Truncate(int count)
    {
        Check.That((uint)count <= (uint)Count);
        Count = count;
    }

    internal void Add(byte* entry)
    {
        if (Count == _found.Length) Grow();
        _found[Count++] = (nint)entry;
    }

    private void Grow()
    {
        var found = ArrayPool<nint>.Shared.Rent(Count * 2);
        _found.CopyTo(found, 0);
        Exchange(found);
    }

    private void Exchange(nint[] found)
    {
        if (_found.Length > LengthMin) ArrayPool<nint>.Shared.Return(_found);
        _found = found;
    }

    /// <summary>Leaves each entry in the list once, in no order.</summary>
    internal void DropRepeated()
    {
        var found = _found.AsSpan(0, Count);
        found.Sort();
        var kept = 0;
        for (var i = 0; i < found.Length; i++)
        {
            if (i == 0 || found[i] != found[i - 1]) found[kept++] = found[i];
        }
        Count = kept;
    }

    /// <summary>Puts some, drawn at random, in random order before the others.</summary>
    internal void Draw(int count, ulong chance)
    {
        for (var i = 0; i < count; i++, chance = TableWalk.Mix(chance))
        {
            var drawn = i + (int)Math.BigMul(chance, (ulong)(Count - i), out _);
            (_found[i], _found[drawn]) = (_found[drawn], _found[i]);
        }
    }

    /// <summary>Puts the entries in the order of keys, one for each.</summary>
    public void Sort(Span<long> keys) => keys.Sort(_found.AsSpan(0, Count));

    private protected byte* At(int i)
    {
        Check.That((uint)i < (uint)Count);
        return (byte*)_found[i];
    }

    /// <summary>Adds all that a walk visits, and asks the processor for them, as somebody will look at them soon.</summary>
    internal readonly struct Collector(FoundList list) : IEntryVisitor
    {
        public void Visit(byte* entry, bool expires)
        {
            if (Sse.IsSupported) Sse.Prefetch0(entry);
            list.Add(entry);
        }
    }

    /// <summary>As <see cref="Collector"/>, and tells whether it has found any.</summary>
    internal readonly struct DrawCollector(FoundList list) : IDrawVisitor
    {
        private readonly int _before = list.Count;

        public bool HasFound => list.Count > _before;

        public void Visit(byte* entry, bool expires) => new Collector(list).Visit(entry, expires);
    }

    /// <summary>Takes what is due, until the list holds <paramref name="countMax"/> entries.</summary>
    internal readonly struct DueCollector(FoundList list, int countMax) : IDueVisitor
    {
        public bool Take(byte* entry)
        {
            if (list.Count >= countMax) return false;
            list.Add(entry);
            return true;
        }
    }
}

/// <summary>Keys that a walk found, or a command's keys.</summary>
public sealed unsafe class EntryList : FoundList
{
    /// <summary>Adds a key, or that it is missing.</summary>
    public void Add(EntryView entry) => Add(entry.Address);

    public EntryView this[int i] => new(At(i));
}

/// <summary>Fields of a hash that a walk found.</summary>
public sealed unsafe class FieldList : FoundList
{
    public FieldView this[int i] => new(At(i));
}
