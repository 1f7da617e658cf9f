using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// One 64 KiB slab of equal blocks, as the dense side array knows it.
/// <code>
/// | next 32 | prev 32 | free head 16 | bump 16 | used 16 | class 8 | fill 8 |
/// </code>
/// Free head and bump count units of 8 bytes from the slab's start. Freed blocks are chained through their first
/// two bytes; what lies past the bump was never handed out, so its pages stay untouched.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Slab
{
    public const int Bytes = 1 << Shift;
    public const int Shift = 16;
    public const int Units = Bytes / SizeClass.UnitBytes;
    public const ushort NoBlock = ushort.MaxValue;

    /// <summary>Neighbours in the list of the class and fill, as slab numbers; 0 is none.</summary>
    public uint Next;
    public uint Prev;
    public ushort FreeHead;
    public ushort Bump;

    /// <summary>Blocks handed out.</summary>
    public ushort Used;
    public byte Class;
    public Fill Fill;
}

/// <summary>How full a slab is, from the fullest down; every level below <see cref="Full"/> is a list of its class.</summary>
internal enum Fill : byte
{
    /// <summary>The slab that its class hands blocks out of; in no list, whatever it holds.</summary>
    Current,

    /// <summary>In no list.</summary>
    Full,
    ThreeQuarters,
    Half,
    Quarter,
    Little,
    Levels,
}
