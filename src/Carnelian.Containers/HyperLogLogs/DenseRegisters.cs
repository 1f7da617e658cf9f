using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Carnelian;

/// <summary>Registers of 6 bits behind each other, the lowest bits of a byte first: four of them are three bytes.</summary>
public static class DenseRegisters
{
    public const int Bytes = HyperLogLog.Registers * 6 / 8;

    private const int PackedBytes = 12, Together = 16;

    public static byte Get(ReadOnlySpan<byte> packed, int register)
    {
        var (at, shift) = Place(register);
        // The last register ends with the last byte.
        var high = shift > 2 ? packed[at + 1] : 0;
        return (byte)((packed[at] | high << 8) >> shift & HyperLogLog.RegisterMax);
    }

    public static void Set(Span<byte> packed, int register, byte value)
    {
        var (at, shift) = Place(register);
        packed[at] = (byte)(packed[at] & ~(HyperLogLog.RegisterMax << shift) | value << shift);
        if (shift > 2) packed[at + 1] = (byte)(packed[at + 1] & ~(HyperLogLog.RegisterMax >> (8 - shift)) | value >> (8 - shift));
    }

    private static (int At, int Shift) Place(int register) => (register * 6 / 8, register * 6 & 7);

    /// <summary>Raises registers, a byte each, to these.</summary>
    /// <param name="sixteenAtOnce">Or one after the other, with the same result.</param>
    public static void Merge(ReadOnlySpan<byte> packed, Span<byte> registers, bool sixteenAtOnce = true)
    {
        var i = 0;
        if (sixteenAtOnce && Vector128.IsHardwareAccelerated)
        {
            // A load takes 16 bytes for the 12 that it needs.
            for (var at = 0; at + Vector128<byte>.Count <= packed.Length; at += PackedBytes, i += Together)
            {
                ref var target = ref Unsafe.As<byte, Vector128<byte>>(ref MemoryMarshal.GetReference(registers.Slice(i, Together)));
                target = Vector128.Max(target, Unpack(Vector128.Create(packed.Slice(at, Vector128<byte>.Count))));
            }
        }
        for (; i < registers.Length; i++) registers[i] = Math.Max(registers[i], Get(packed, i));
    }

    /// <summary>Three bytes to each lane of four, then each six bits to a byte of its own.</summary>
    private static Vector128<byte> Unpack(Vector128<byte> packed)
    {
        var lanes = Vector128.Shuffle(packed, Vector128.Create((byte)0, 1, 2, 255, 3, 4, 5, 255, 6, 7, 8, 255, 9, 10, 11, 255)).AsUInt32();
        var registers = (lanes & Vector128.Create(0x3fu)) | ((lanes << 2) & Vector128.Create(0x3f00u))
            | ((lanes << 4) & Vector128.Create(0x3f0000u)) | ((lanes << 6) & Vector128.Create(0x3f000000u));
        return registers.AsByte();
    }

    /// <summary>Packs registers, a byte each.</summary>
    public static void Pack(ReadOnlySpan<byte> registers, Span<byte> packed)
    {
        for (int i = 0, at = 0; at < packed.Length; i += 4, at += 3)
        {
            var four = registers[i] | (uint)registers[i + 1] << 6 | (uint)registers[i + 2] << 12 | (uint)registers[i + 3] << 18;
            packed[at] = (byte)four;
            packed[at + 1] = (byte)(four >> 8);
            packed[at + 2] = (byte)(four >> 16);
        }
    }
}
