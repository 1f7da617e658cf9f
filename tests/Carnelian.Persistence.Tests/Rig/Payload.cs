using System.Buffers.Binary;

namespace Carnelian.Tests;

/// <summary>Builds payloads, as DUMP's, of any type and version.</summary>
internal static class Payload
{
    public static byte[] Of(int type, Action<RdbOutput> write, int version = 6)
    {
        var buffer = new RdbBuffer();
        buffer.Byte((byte)type);
        write(buffer);
        return Sealed([.. buffer.Written, (byte)version, 0]);
    }

    /// <summary>With the right checksum.</summary>
    public static byte[] Sealed(ReadOnlySpan<byte> body)
    {
        var all = new byte[body.Length + 8];
        body.CopyTo(all);
        BinaryPrimitives.WriteUInt64LittleEndian(all.AsSpan(body.Length), Crc64.Of(body));
        return all;
    }

    public static byte[] ListPack(params string[] elements)
    {
        var memory = new byte[elements.Sum(element => element.Length + 12) + 8];
        var writer = new PackedWriter(memory.AsSpan(6));
        foreach (var element in elements) writer.Add(PersistenceRig.Bytes(element));
        var total = 6 + writer.Bytes.Length + 1;
        BinaryPrimitives.WriteInt32LittleEndian(memory, total);
        BinaryPrimitives.WriteUInt16LittleEndian(memory.AsSpan(4), (ushort)writer.Count);
        memory[total - 1] = 0xff;
        return memory[..total];
    }

    public static byte[] IntSet(int width, params long[] integers)
    {
        var set = new byte[8 + width * integers.Length];
        BinaryPrimitives.WriteInt32LittleEndian(set, width);
        BinaryPrimitives.WriteInt32LittleEndian(set.AsSpan(4), integers.Length);
        var eight = new byte[8];
        for (var i = 0; i < integers.Length; i++)
        {
            BinaryPrimitives.WriteInt64LittleEndian(eight, integers[i]);
            eight.AsSpan(0, width).CopyTo(set.AsSpan(8 + i * width));
        }
        return set;
    }

    public static void Text(this RdbOutput output, string text) => output.String(PersistenceRig.Bytes(text));

    /// <summary>A score as old files have it.</summary>
    public static void OldScore(this RdbOutput output, string score)
    {
        if (score is "inf" or "-inf" or "nan")
        {
            output.Byte((byte)(score == "inf" ? 254 : score == "nan" ? 253 : 255));
            return;
        }
        output.Byte((byte)score.Length);
        output.Bytes(PersistenceRig.Bytes(score));
    }

    public static void StreamId(this RdbOutput output, ulong milliseconds, ulong sequence)
    {
        output.BigEndian(milliseconds);
        output.BigEndian(sequence);
    }
}
