using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The blocks of one size. Sizes: every 8 bytes to 512, then 8 per doubling to 16 KiB, so that rounding up costs at
/// most 7 bytes or an eighth. Multiples of 64 round up to multiples of 64, and slabs are aligned to 64 KiB, so
/// powers of two from 64 on are aligned to 64.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = 64)]
internal unsafe struct SizeClass
{
    public const int UnitBytes = 8;
    public const int Count = 104;
    public const int BlockBytesMax = 16384;
    private const int FineBytesMax = 512;
    private const int FineBytesMaxLog = 9;
    private const int FineClasses = FineBytesMax / UnitBytes;

    /// <summary>Never null: slab 0, which is always exhausted, stands for none.</summary>
    public Slab* Current;
    public byte* CurrentBase;
    public long Live;
    public uint Slabs;

    /// <summary>A block's size in <see cref="UnitBytes"/>.</summary>
    public ushort Units;

    /// <summary>Blocks in a slab.</summary>
    public ushort Capacity;

    /// <summary>By <see cref="Fill"/>: a slab with fewer blocks in use than this belongs to a lower level.</summary>
    public fixed ushort UsedMin[(int)Fill.Levels];

    /// <summary>By <see cref="Fill"/> from <see cref="Fill.ThreeQuarters"/> on: first slab of the list, 0 is none.</summary>
    public fixed uint First[Fill.Levels - Fill.ThreeQuarters];
    public byte Index;

    public readonly nint BlockBytes => (nint)Units * UnitBytes;

    /// <summary>The class that serves <paramref name="size"/>, which is 1 to <see cref="BlockBytesMax"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Of(nint size)
    {
        var last = (uint)size - 1;
        if (last < FineBytesMax) return last / UnitBytes;
        var log = BitOperations.Log2(last);
        return FineClasses - 8 + (uint)((log - FineBytesMaxLog) * 8) + (last >> (log - 3));
    }

    /// <summary>What a block of the class that serves <paramref name="size"/> holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static nint RoundUp(nint size)
    {
        var step = size <= FineBytesMax ? UnitBytes : (nint)1 << (BitOperations.Log2((uint)size - 1) - 3);
        return (size + step - 1) & -step;
    }

    public static nint BytesOf(int index) =>
        index < FineClasses ? (index + 1) * UnitBytes : (nint)(9 + (index & 7)) << (FineBytesMaxLog - 3 + (index - FineClasses) / 8);

    public void Initialize(int index, Slab* none)
    {
        Current = none;
        Index = (byte)index;
        Units = (ushort)(BytesOf(index) / UnitBytes);
        Capacity = (ushort)(Slab.Units / Units);
        UsedMin[(int)Fill.Current] = 0;
        UsedMin[(int)Fill.Full] = (ushort)Capacity;
        UsedMin[(int)Fill.ThreeQuarters] = (ushort)(Capacity * 3 / 4);
        UsedMin[(int)Fill.Half] = (ushort)(Capacity / 2);
        UsedMin[(int)Fill.Quarter] = (ushort)(Capacity / 4);
        UsedMin[(int)Fill.Little] = 1;
    }
}
