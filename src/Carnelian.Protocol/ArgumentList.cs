using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>Where an argument's bytes lie, counted from the beginning of its request; negative: the complement of the number of its own block.</summary>
public readonly record struct Argument(int Start, int Length);

/// <summary>Arguments of one or several requests; grows, and is used again. Owns the blocks of long arguments that lie apart.</summary>
public sealed class ArgumentList
{
    /// <summary>A list that huge requests have grown beyond what it keeps is made small again by <see cref="Clear"/>.</summary>
    private const int UsualCapacity = 64, UsualKept = 1024;

    private readonly int _keptCapacity;

    private List<OwnedBlock>? _blocks;
    private Argument[] _items;

    /// <summary>Bytes of the first <see cref="_summed"/> arguments.</summary>
    private long _total;
    private int _summed;

    public ArgumentList(int capacity = UsualCapacity, int keptCapacity = UsualKept)
    {
        _items = new Argument[capacity];
        _keptCapacity = keptCapacity;
    }

    public int Count { get; private set; }

    /// <summary>Bytes of all arguments. Looks at those only that have come since it was asked last.</summary>
    public long TotalLength
    {
        get
        {
            while (_summed < Count) _total += _items[_summed++].Length;
            return _total;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int start, int length)
    {
        var items = _items;
        var count = Count;
        if ((uint)count >= (uint)items.Length) items = Grow();
        items[count] = new(start, length);
        Count = count + 1;
    }

    /// <summary>Long arguments that lie in blocks of their own, from their beginnings on.</summary>
    public IReadOnlyList<OwnedBlock> Blocks => _blocks ?? [];

    internal List<OwnedBlock>? Adoptable => _blocks is { Count: > 0 } ? _blocks : null;

    /// <summary>Takes over a block that begins with the argument.</summary>
    public void Add(OwnedBlock block, int length)
    {
        _blocks ??= [];
        _blocks.Add(block);
        Add(~(_blocks.Count - 1), length);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Argument[] Grow()
    {
        Array.Resize(ref _items, _items.Length * 2);
        return _items;
    }

    public ReadOnlySpan<Argument> Slice(int first, int count) => _items.AsSpan(first, count);

    public void Clear()
    {
        Count = _summed = 0;
        _total = 0;
        if (_blocks is { Count: > 0 }) DisposeBlocks(_blocks);
        if (_items.Length > _keptCapacity) _items = new Argument[UsualCapacity];
    }

    private static void DisposeBlocks(List<OwnedBlock> blocks)
    {
        foreach (var block in blocks) block.Dispose();
        blocks.Clear();
    }

    /// <summary>Appends a part of another list.</summary>
    public void AddRange(ReadOnlySpan<Argument> arguments)
    {
        foreach (var argument in arguments) Add(argument.Start, argument.Length);
    }
}
