using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;

namespace Carnelian;

/// <summary>
/// The checksum of a record of an append-only file: an annotation in front of it, which servers that know nothing of it pass over. It is a CRC-32C of the bytes that follow, whose number it tells.
/// <code>#CRC:1a2b3c4d 0000000057\r\n</code>
/// </summary>
public static class RecordChecksum
{
    /// <summary>Bytes of the whole line.</summary>
    public const int LineBytes = 26;

    public static ReadOnlySpan<byte> Prefix => "#CRC:"u8;

    public static uint Append(uint checksum, ReadOnlySpan<byte> bytes)
    {
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) checksum = BitOperations.Crc32C(checksum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var value in bytes) checksum = BitOperations.Crc32C(checksum, value);
        return checksum;
    }

    public static uint Of(ReadOnlySpan<byte> bytes) => ~Append(~0u, bytes);

    /// <summary>Writes the line for bytes that follow it. A line that says nothing where they are too many for one.</summary>
    public static void Write(Span<byte> line, uint checksum, long bytes)
    {
        if (bytes > int.MaxValue)
        {
            line.Fill((byte)'#');
        }
        else
        {
            Prefix.CopyTo(line);
            Check.That(checksum.TryFormat(line[5..], out _, "x8", CultureInfo.InvariantCulture));
            line[13] = (byte)' ';
            Check.That(bytes.TryFormat(line[14..], out _, "D10", CultureInfo.InvariantCulture));
        }
        "\r\n"u8.CopyTo(line[24..]);
    }

    /// <summary>Reads a line without its end.</summary>
    public static bool TryRead(ReadOnlySpan<byte> line, out uint checksum, out int bytes)
    {
        (checksum, bytes) = (0, 0);
        return line.Length == LineBytes - 2 && line.StartsWith(Prefix) && line[13] == ' '
            && uint.TryParse(line[5..13], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out checksum)
            && int.TryParse(line[14..], NumberStyles.None, CultureInfo.InvariantCulture, out bytes);
    }
}
