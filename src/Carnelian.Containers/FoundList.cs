using System.Runtime.Intrinsics.X86;

namespace Carnelian;

/// <summary>What a walk found, by address; what it gives lives until the end of the call. Cleared and used again.</summary>
public abstract unsafe class FoundList
{
    private nint[] _found = new nint[16];

    public int Count { get; private set; }

    public void Clear() => Count = 0;

    /// <summary>Puts an entry in an earlier one's place: how a list is filtered without another.</summary>
    public void Keep(int i, int place)
    {
        Check.That(place <= i && i < Count);
        _found[place] = _found[i];
    }

    internal void Add(byte* entry)
    {
        if (Count == _found.Length) Array.Resize(ref _found, Count * 2);
        _found[Count++] = (nint)entry;
    }

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
