using System.Buffers.Binary;

namespace Carnelian;

/// <summary>Makes listpacks of what older servers packed otherwise.</summary>
internal static class Repacking
{
    /// <summary>
    /// An element's bytes double at the most: a ziplist's takes its text and two bytes at least, a listpack's its text and ten at most where the text is long, and two
    /// where both are short.
    /// </summary>
    private const int GrowthMax = 2;

    private const int FixedBytes = 16, HeaderBytes = 6;

    public static bool TryRepack(ReadOnlySpan<byte> zipList, RdbScratch scratch, out ReadOnlySpan<byte> listPack)
    {
        var memory = Take(zipList, scratch, out listPack);
        if (memory.IsEmpty) return false;
        var writer = new PackedWriter(memory[HeaderBytes..]);
        var reader = new ZipListReader(zipList);
        while (reader.Next())
        {
            if (reader.IsInteger) writer.Add(PackedElement.OfInteger(reader.Integer));
            else writer.Add(reader.Text);
        }
        listPack = Close(memory, writer);
        return !reader.IsDamaged;
    }

    /// <summary>As <see cref="TryRepack"/>, of a zipmap.</summary>
    public static bool TryRepackMap(ReadOnlySpan<byte> zipMap, RdbScratch scratch, out ReadOnlySpan<byte> listPack)
    {
        var memory = Take(zipMap, scratch, out listPack);
        if (memory.IsEmpty) return false;
        var writer = new PackedWriter(memory[HeaderBytes..]);
        var reader = new ZipMapReader(zipMap);
        while (reader.Next())
        {
            writer.Add(reader.Name);
            writer.Add(reader.Value);
        }
        listPack = Close(memory, writer);
        return !reader.IsDamaged;
    }

    private static Span<byte> Take(ReadOnlySpan<byte> packed, RdbScratch scratch, out ReadOnlySpan<byte> listPack)
    {
        listPack = default;
        var bytes = (long)packed.Length * GrowthMax + FixedBytes;
        return bytes > RdbReader.StringBytesMax ? default : scratch.Take((int)bytes);
    }

    private static ReadOnlySpan<byte> Close(Span<byte> memory, PackedWriter writer)
    {
        var total = HeaderBytes + writer.Bytes.Length + 1;
        BinaryPrimitives.WriteInt32LittleEndian(memory, total);
        BinaryPrimitives.WriteUInt16LittleEndian(memory[4..], (ushort)Math.Min(writer.Count, ushort.MaxValue));
        memory[total - 1] = 0xff;
        return memory[..total];
    }
}
