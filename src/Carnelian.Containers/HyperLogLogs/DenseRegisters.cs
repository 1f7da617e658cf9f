using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Carnelian;

/// <summary>Registers of 6 bits behind each other, the lowest bits of a byte first: four of them are three bytes.</summary>
public static class DenseRegisters
{
    public const int Bytes = HyperLogLog.Registers * 6 / 8;

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
    /// <param name="together">32 at once, or one after the other, with the same result.</param>
    public static void Merge(ReadOnlySpan<byte> packed, Span<byte> registers, bool together = true)
    {
        Check.That(packed.Length == Bytes && registers.Length == HyperLogLog.Registers);
        if (together && Vector128.IsHardwareAccelerated)
        {
            MergeTogether(ref MemoryMarshal.GetReference(packed), ref MemoryMarshal.GetReference(registers));
            return;
        }
        for (var i = 0; i < registers.Length; i++) registers[i] = Math.Max(registers[i], Get(packed, i));
    }

    private static void MergeTogether(ref byte packed, ref byte registers)
    {
        // Of 24 bytes 16 are loaded twice, the first ones and the last ones; then three bytes go to each lane of four.
        var spread = Vector256.Create(0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11, 20, 21, 22, 22, 23, 24, 25, 25, 26, 27, 28, 28, 29, 30, 31, (byte)31);
        for (nuint at = 0, i = 0; i < HyperLogLog.Registers; at += 24, i += 32)
        {
            var both = Vector256.Create(Vector128.LoadUnsafe(ref packed, at), Vector128.LoadUnsafe(ref packed, at + 8));
            var lanes = Vector256.Shuffle(both, spread).AsUInt32();
            var unpacked = (lanes & Vector256.Create(0x3fu)) | ((lanes << 2) & Vector256.Create(0x3f00u))
                | ((lanes << 4) & Vector256.Create(0x3f0000u)) | ((lanes << 6) & Vector256.Create(0x3f000000u));
            Vector256.Max(Vector256.LoadUnsafe(ref registers, i), unpacked.AsByte()).StoreUnsafe(ref registers, i);
        }
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
