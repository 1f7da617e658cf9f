using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A view of a set of integers in the intset format (Redis' intset.c), wherever it lies. It ends when the set changes. Works on trusted memory.
/// <code>
/// | width 4: 2, 4 or 8 | count 4 | integers of that width, ascending … |
/// </code>
/// The width is that of the widest integer there ever was.
/// </summary>
public readonly ref struct IntegerSet
{
    internal const int HeaderBytes = 8, CountOffset = 4;

    /// <summary>Of the widest integers, so that a set and its reserve fit into a value (Redis goes on to 2^30 of them).</summary>
    public const int CountMax = 1 << 26;

    /// <param name="memory">Begins with the set; whatever follows is left alone.</param>
    public IntegerSet(ReadOnlySpan<byte> memory)
    {
        Width = MemoryMarshal.Read<int>(memory);
        Count = MemoryMarshal.Read<int>(memory[CountOffset..]);
        Check.That(Width is sizeof(short) or sizeof(int) or sizeof(long) && Count is >= 0 and <= CountMax);
        Bytes = memory[..(HeaderBytes + Count * Width)];
    }

    /// <summary>Bytes that so many integers take at most.</summary>
    public static int BytesMax(int count) => HeaderBytes + count * sizeof(long);

    /// <summary>A set without integers.</summary>
    public static IntegerSet Empty => new([sizeof(short), 0, 0, 0, 0, 0, 0, 0]);

    /// <summary>Bytes of an integer.</summary>
    public int Width { get; }

    public int Count { get; }

    private ReadOnlySpan<byte> Integers => Bytes[HeaderBytes..];

    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Bytes.</summary>
    public int Length => Bytes.Length;

    public long this[int index]
    {
        get
        {
            Check.That((uint)index < (uint)Count);
            return Read(ref MemoryMarshal.GetReference(Integers), Width, index);
        }
    }

    /// <param name="index">Where the integer is, or where it would be.</param>
    public bool Contains(long integer, out int index)
    {
        if (WidthOf(integer) > Width)
        {
            index = integer < 0 ? 0 : Count;
            return false;
        }
        index = Width switch
        {
            sizeof(short) => MemoryMarshal.Cast<byte, short>(Integers).BinarySearch((short)integer),
            sizeof(int) => MemoryMarshal.Cast<byte, int>(Integers).BinarySearch((int)integer),
            _ => MemoryMarshal.Cast<byte, long>(Integers).BinarySearch(integer),
        };
        if (index >= 0) return true;
        index = ~index;
        return false;
    }

    /// <summary>
    /// The place, from one on, of the first integer that is not less than another one. It is looked for in steps that double, so that going through two sets
    /// side by side takes as long as the shorter one is.
    /// </summary>
    public int Seek(int from, long integer)
    {
        int low = from, high = from;
        for (var step = 1; high < Count && this[high] < integer; step *= 2)
        {
            low = high + 1;
            high += step;
        }
        high = Math.Min(high, Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (this[middle] < integer) low = middle + 1;
            else high = middle;
        }
        return low;
    }

    /// <summary>Adds an integer that is not there.</summary>
    public IntegerSetChange Insert(int index, long integer) => new(this, index, integer, Math.Max(Width, WidthOf(integer)));

    public IntegerSetChange Remove(int index) => new(this, index);

    internal static int WidthOf(long integer) =>
        integer == (short)integer ? sizeof(short) : integer == (int)integer ? sizeof(int) : sizeof(long);

    internal static long Read(ref byte integers, int width, int index)
    {
        ref var at = ref Unsafe.Add(ref integers, index * width);
        return width switch
        {
            sizeof(short) => Unsafe.ReadUnaligned<short>(ref at),
            sizeof(int) => Unsafe.ReadUnaligned<int>(ref at),
            _ => Unsafe.ReadUnaligned<long>(ref at),
        };
    }
}

/// <summary>An integer comes to a set or goes from it.</summary>
public readonly struct IntegerSetChange : IPackedChange
{
    private readonly int _index, _oldWidth, _width, _oldCount;
    private readonly long _integer;
    private readonly bool _inserts;

    internal IntegerSetChange(IntegerSet set, int index, long integer, int width)
    {
        (_index, _integer, _oldWidth, _width, _oldCount, _inserts) = (index, integer, set.Width, width, set.Count, true);
        Check.That(index <= set.Count && set.Count < IntegerSet.CountMax);
    }

    internal IntegerSetChange(IntegerSet set, int index)
    {
        (_index, _oldWidth, _width, _oldCount) = (index, set.Width, set.Width, set.Count);
        Check.That(index < set.Count);
    }

    private int Count => _oldCount + (_inserts ? 1 : -1);

    public int LengthChange => Count * _width - _oldCount * _oldWidth;

    public void Apply(Span<byte> memory)
    {
        var integers = memory[IntegerSet.HeaderBytes..];
        var from = (_inserts ? _index : _index + 1) * _width;
        if (_width != _oldWidth) Widen(integers);
        else integers[from..(_oldCount * _width)].CopyTo(integers[(from + (_inserts ? _width : -_width))..]);
        if (_inserts) Write(integers, _index, _integer);
        MemoryMarshal.Write(memory, _width);
        MemoryMarshal.Write(memory[IntegerSet.CountOffset..], Count);
    }

    /// <summary>From the last one on, because each is written behind where it was; leaves the place for the one that comes.</summary>
    private void Widen(Span<byte> integers)
    {
        for (var i = _oldCount - 1; i >= 0; i--) Write(integers, i < _index ? i : i + 1, IntegerSet.Read(ref integers[0], _oldWidth, i));
    }

    private void Write(Span<byte> integers, int index, long integer)
    {
        var at = integers[(index * _width)..];
        if (_width == sizeof(short)) MemoryMarshal.Write(at, (short)integer);
        else if (_width == sizeof(int)) MemoryMarshal.Write(at, (int)integer);
        else MemoryMarshal.Write(at, integer);
    }
}
