using System.Buffers.Binary;

namespace Carnelian.Tests;

/// <summary>Damages files and payloads where it hurts: lengths and counts, types and opcodes, what is packed within a text, parts that come twice, are gone, or have changed places.</summary>
internal static class StructureMutation
{
    private static readonly ulong[] _lengths =
        [0, 1, 2, 3, 5, 6, 16, 62, 63, 64, 127, 128, 255, 256, 4095, 16383, 16384, 65535, 65536, int.MaxValue, uint.MaxValue, 1UL << 32, long.MaxValue, 1UL << 63, ulong.MaxValue];

    private static readonly byte[] _types = [0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 99];

    private static readonly byte[] _opcodes = [243, 244, 245, 246, 247, 248, 249, 250, 251, 252, 253, 254, 255];

    private static readonly byte[] _packed = [0, 1, 0x7f, 0x80, 0x81, 0xbf, 0xc0, 0xdf, 0xe0, 0xe8, 0xef, 0xf0, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xfe, 0xff];

    /// <summary>One to three changes.</summary>
    public static byte[] Apply(byte[] bytes, Func<byte[], List<Part>> shapeOf, Random random)
    {
        for (var changes = 1 + random.Next(3); changes > 0; changes--)
        {
            var parts = shapeOf(bytes);
            if (parts.Count == 0) return bytes;
            bytes = Changed(bytes, parts, random);
        }
        return bytes;
    }

    private static byte[] Changed(byte[] bytes, List<Part> parts, Random random)
    {
        var part = parts[random.Next(parts.Count)];
        // Texts are many: the few that say how many there are get their turn.
        if (random.Next(2) == 0 && parts.FindAll(p => p.Kind is PartKind.Length or PartKind.Type or PartKind.Opcode) is { Count: > 0 } few) part = few[random.Next(few.Count)];
        var other = parts[random.Next(parts.Count)];
        switch (random.Next(12))
        {
            case 0: return Replace(bytes, part, []);
            case 1: return Replace(bytes, part, [.. Of(bytes, part), .. Of(bytes, part)]);
            case 2: return Replace(bytes, part, Of(bytes, other));
            case 3: return Swapped(bytes, part, other);
            case 4 when random.Next(4) == 0: return bytes[..part.Offset];
            case 5: return Replace(bytes, part, [_opcodes[random.Next(_opcodes.Length)], .. Of(bytes, part)]);
            default: return Replace(bytes, part, Damaged(Of(bytes, part), part.Kind, random));
        }
    }

    private static byte[] Of(byte[] bytes, Part part) => bytes[part.Offset..(part.Offset + part.Length)];

    private static byte[] Replace(byte[] bytes, Part part, byte[] with) => [.. bytes[..part.Offset], .. with, .. bytes[(part.Offset + part.Length)..]];

    private static byte[] Swapped(byte[] bytes, Part one, Part other)
    {
        if (one.Offset == other.Offset) return bytes;
        if (one.Offset > other.Offset) (one, other) = (other, one);
        var between = bytes[(one.Offset + one.Length)..other.Offset];
        return [.. bytes[..one.Offset], .. Of(bytes, other), .. between, .. Of(bytes, one), .. bytes[(other.Offset + other.Length)..]];
    }

    private static byte[] Damaged(byte[] part, PartKind kind, Random random) => kind switch
    {
        PartKind.Type => [_types[random.Next(_types.Length)]],
        PartKind.Opcode => [random.Next(3) == 0 ? _types[random.Next(_types.Length)] : _opcodes[random.Next(_opcodes.Length)]],
        PartKind.Length => DamagedLength(part, random),
        PartKind.Text => DamagedText(part, random),
        _ => Raw(part, random),
    };

    private static byte[] DamagedLength(byte[] part, Random random)
    {
        var near = part.Length == 1 && part[0] < 0x40;
        return random.Next(4) switch
        {
            0 when near => [(byte)(part[0] + 1 & 0x3f)],
            1 when near => [(byte)(part[0] - 1 & 0x3f)],
            2 => [(byte)random.Next(0x40, 0x100), .. part],
            _ => Length(_lengths[random.Next(_lengths.Length)]),
        };
    }

    private static byte[] Length(ulong length)
    {
        var buffer = new RdbBuffer();
        buffer.Length(length);
        return buffer.Written.ToArray();
    }

    private static byte[] Raw(byte[] part, Random random)
    {
        var damaged = (byte[])part.Clone();
        if (random.Next(2) == 0) damaged.AsSpan().Fill((byte)(random.Next(2) * 255));
        else damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
        return damaged;
    }

    /// <summary>What is packed within a text is damaged and gets the right length around it; or its length, or what is compressed, is damaged.</summary>
    private static byte[] DamagedText(byte[] part, Random random)
    {
        if (random.Next(6) == 0) return Raw(part, random);
        var reader = new RdbReader(part);
        if (!reader.TryString(new(), out var found)) return Raw(part, random);
        var text = found.ToArray();
        if (random.Next(8) == 0) return [.. Length(_lengths[random.Next(_lengths.Length)]), .. text];
        for (var changes = 1 + random.Next(2); changes > 0 && text.Length > 0; changes--) text = DamagedContents(text, random);
        var buffer = new RdbBuffer { Compresses = random.Next(2) == 0 };
        buffer.String(text);
        return buffer.Written.ToArray();
    }

    /// <summary>As if it were a listpack, a ziplist or an intset, which begin with two numbers each, and have bytes that say what follows.</summary>
    private static byte[] DamagedContents(byte[] text, Random random)
    {
        switch (random.Next(7))
        {
            case 0 when text.Length >= 4:
                BinaryPrimitives.WriteInt32LittleEndian(text, text.Length + random.Next(-3, 4));
                return text;
            case 1 when text.Length >= 6:
                BinaryPrimitives.WriteUInt16LittleEndian(text.AsSpan(4), (ushort)(random.Next(3) == 0 ? 0xffff : BinaryPrimitives.ReadUInt16LittleEndian(text.AsSpan(4)) + random.Next(-2, 3)));
                return text;
            case 2 when text.Length >= 10:
                BinaryPrimitives.WriteUInt16LittleEndian(text.AsSpan(8), (ushort)random.Next(5));
                return text;
            case 3 or 4:
                text[random.Next(text.Length)] = _packed[random.Next(_packed.Length)];
                return text;
            case 5:
                // Some of it twice, or gone, and the total told right.
                var at = random.Next(text.Length);
                var end = Math.Min(text.Length, at + random.Next(1, 12));
                text = random.Next(2) == 0 ? [.. text[..end], .. text[at..]] : [.. text[..at], .. text[end..]];
                if (text.Length >= 4) BinaryPrimitives.WriteInt32LittleEndian(text, text.Length);
                return text;
            default:
                var mutated = text;
                Mutation.Apply(ref mutated, random);
                return mutated;
        }
    }
}
