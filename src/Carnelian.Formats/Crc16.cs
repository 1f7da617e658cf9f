using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// CRC-16/XMODEM (polynomial 0x1021, starts with 0, most significant bit first), by which a cluster spreads keys. Eight bytes at a time (slicing by 8,
/// Kounavis and Berry 2005): in a cluster every request pays for it.
/// </summary>
public static class Crc16
{
    private const int Polynomial = 0x1021, Slices = 8;

    /// <summary>What a byte contributes that so many others follow: slice, then byte.</summary>
    private static readonly ushort[] _table = MakeTable();

    private static ushort[] MakeTable()
    {
        var table = new ushort[Slices << 8];
        for (var value = 0; value < 256; value++)
        {
            var crc = value << 8;
            for (var bit = 0; bit < 8; bit++) crc = (crc << 1) ^ ((crc & 0x8000) != 0 ? Polynomial : 0);
            table[value] = (ushort)crc;
        }
        for (var i = 256; i < table.Length; i++) table[i] = (ushort)((table[i - 256] << 8) ^ table[table[i - 256] >> 8]);
        return table;
    }

    public static int Of(ReadOnlySpan<byte> bytes)
    {
        var table = _table.AsSpan(0, Slices << 8);
        var crc = 0;
        for (; bytes.Length >= Slices; bytes = bytes[Slices..])
        {
            var eight = BinaryPrimitives.ReadUInt64LittleEndian(bytes) ^ (((uint)crc >> 8) | (((uint)crc & 0xff) << 8));
            crc = table[0x700 | (byte)eight] ^ table[0x600 | (byte)(eight >> 8)] ^ table[0x500 | (byte)(eight >> 16)] ^ table[0x400 | (byte)(eight >> 24)]
                ^ table[0x300 | (byte)(eight >> 32)] ^ table[0x200 | (byte)(eight >> 40)] ^ table[0x100 | (byte)(eight >> 48)] ^ table[(int)(eight >> 56)];
        }
        foreach (var value in bytes) crc = ((crc << 8) & 0xff00) ^ table[(crc >> 8) ^ value];
        return crc;
    }
}
