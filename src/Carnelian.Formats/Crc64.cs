using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Carnelian;

/// <summary>
/// CRC-64 with the polynomial of Jones (0xad93d23594c935a9), reflected, beginning with 0: the end of RDB files and DUMP payloads. Where the processor multiplies without carry, 64 bytes
/// are folded at a time (Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009); elsewhere eight are looked up (slicing by 8).
/// </summary>
public static class Crc64
{
    private const ulong Polynomial = 0x95ac9329ac4bc9b5;
    private const int Slices = 8, BlockBytes = 16, FoldBytes = 4 * BlockBytes;

    /// <summary>What a byte contributes that so many others follow: slice, then byte.</summary>
    private static readonly ulong[] _table = MakeTable();

    /// <summary>What the two halves of a block are multiplied with to move it by four blocks, and by one.</summary>
    private static readonly ulong[] _folds =
    [
        PowerOfX(8 * FoldBytes + 63), PowerOfX(8 * FoldBytes - 1), PowerOfX(8 * BlockBytes + 63), PowerOfX(8 * BlockBytes - 1),
    ];

    private static ulong[] MakeTable()
    {
        var table = new ulong[Slices << 8];
        for (var value = 0; value < 256; value++)
        {
            var crc = (ulong)value;
            for (var bit = 0; bit < 8; bit++) crc = TimesX(crc);
            table[value] = crc;
        }
        for (var i = 256; i < table.Length; i++) table[i] = (table[i - 256] >> 8) ^ table[(byte)table[i - 256]];
        return table;
    }

    private static ulong TimesX(ulong value) => (value >> 1) ^ ((value & 1) != 0 ? Polynomial : 0);

    private static ulong PowerOfX(int exponent)
    {
        var power = 1UL << 63;
        for (; exponent > 0; exponent--) power = TimesX(power);
        return power;
    }

    public static ulong Of(ReadOnlySpan<byte> bytes) => Append(0, bytes);

    /// <summary>The checksum of what had this one before, and then these bytes.</summary>
    public static ulong Append(ulong crc, ReadOnlySpan<byte> bytes)
    {
        if (Pclmulqdq.IsSupported && bytes.Length >= 2 * FoldBytes) crc = Fold(crc, ref bytes);
        return LookUp(crc, bytes);
    }

    internal static ulong LookUp(ulong crc, ReadOnlySpan<byte> bytes)
    {
        var table = _table.AsSpan(0, Slices << 8);
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            crc ^= BinaryPrimitives.ReadUInt64LittleEndian(bytes);
            crc = table[0x700 | (byte)crc] ^ table[0x600 | (byte)(crc >> 8)] ^ table[0x500 | (byte)(crc >> 16)] ^ table[0x400 | (byte)(crc >> 24)]
                ^ table[0x300 | (byte)(crc >> 32)] ^ table[0x200 | (byte)(crc >> 40)] ^ table[0x100 | (byte)(crc >> 48)] ^ table[(int)(crc >> 56)];
        }
        foreach (var value in bytes) crc = (crc >> 8) ^ table[(byte)crc ^ value];
        return crc;
    }

    /// <summary>Takes as many whole blocks as there are, and leaves less than one.</summary>
    private static ulong Fold(ulong crc, ref ReadOnlySpan<byte> bytes)
    {
        var byFour = Vector128.Create(_folds[0], _folds[1]);
        var byOne = Vector128.Create(_folds[2], _folds[3]);
        var a = Block(bytes, 0) ^ Vector128.CreateScalar(crc);
        Vector128<ulong> b = Block(bytes, 1), c = Block(bytes, 2), d = Block(bytes, 3);
        for (bytes = bytes[FoldBytes..]; bytes.Length >= FoldBytes; bytes = bytes[FoldBytes..])
        {
            a = Move(a, byFour) ^ Block(bytes, 0);
            b = Move(b, byFour) ^ Block(bytes, 1);
            c = Move(c, byFour) ^ Block(bytes, 2);
            d = Move(d, byFour) ^ Block(bytes, 3);
        }
        b ^= Move(a, byOne);
        c ^= Move(b, byOne);
        d ^= Move(c, byOne);
        for (; bytes.Length >= BlockBytes; bytes = bytes[BlockBytes..]) d = Move(d, byOne) ^ Block(bytes, 0);
        Span<byte> last = stackalloc byte[BlockBytes];
        d.AsByte().CopyTo(last);
        return LookUp(0, last);
    }

    private static Vector128<ulong> Block(ReadOnlySpan<byte> bytes, int i) => Vector128.Create(bytes[(i * BlockBytes)..]).AsUInt64();

    private static Vector128<ulong> Move(Vector128<ulong> block, Vector128<ulong> fold) =>
        Pclmulqdq.CarrylessMultiply(block, fold, 0x00) ^ Pclmulqdq.CarrylessMultiply(block, fold, 0x11);
}
