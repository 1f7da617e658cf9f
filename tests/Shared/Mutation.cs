namespace Carnelian.Tests;

/// <summary>Damages bytes in the ways in which files are damaged, and in those that an attacker would think of.</summary>
internal static class Mutation
{
    private static readonly byte[] _telling = [0, 1, 2, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0xc0, 0xc3, 0xe0, 0xf0, 0xf1, 0xf4, 0xfa, 0xfd, 0xfe, 0xff];

    /// <summary>One to three changes: a bit, a byte, a word with all bits, bytes that come or go, a cut.</summary>
    public static void Apply(ref byte[] bytes, Random random)
    {
        for (var changes = 1 + random.Next(3); changes > 0 && bytes.Length > 0; changes--) bytes = Changed(bytes, random);
    }

    private static byte[] Changed(byte[] bytes, Random random)
    {
        var at = random.Next(bytes.Length);
        switch (random.Next(8))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                return bytes;
            case 1:
                bytes[at] = (byte)random.Next(256);
                return bytes;
            case 2 or 3:
                bytes[at] = _telling[random.Next(_telling.Length)];
                return bytes;
            case 4:
                bytes.AsSpan(at, Math.Min(random.Next(1, 9), bytes.Length - at)).Fill((byte)(random.Next(2) * 255));
                return bytes;
            case 5:
                var part = bytes[at..Math.Min(bytes.Length, at + random.Next(1, 20))];
                return [.. bytes[..at], .. part, .. bytes[at..]];
            case 6: return [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + random.Next(1, 20))..]];
            default: return bytes[..at];
        }
    }
}
