using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Carnelian.Tests;

/// <summary>Builds what old servers packed small collections into, byte by byte as their formats say: nothing of ours writes them.</summary>
internal static class OldPacked
{
    public static byte[] ZipList(IReadOnlyList<string> elements)
    {
        var body = new List<byte>();
        int before = 0, last = 0;
        foreach (var element in elements)
        {
            last = body.Count;
            if (before < 254) body.Add((byte)before);
            else body.AddRange([254, .. Little(before, 4)]);
            body.AddRange(Element(element));
            before = body.Count - last;
        }
        var total = 10 + body.Count + 1;
        return [.. Little(total, 4), .. Little(10 + last, 4), .. Little(Math.Min(elements.Count, 65535), 2), .. body, 0xff];
    }

    private static byte[] Element(string element)
    {
        if (element.Length is > 0 and <= 20 && long.TryParse(element, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number.ToString(CultureInfo.InvariantCulture) == element)
        {
            return number switch
            {
                >= 0 and <= 12 => [(byte)(0xf1 + number)],
                >= sbyte.MinValue and <= sbyte.MaxValue => [0xfe, .. Little(number, 1)],
                >= short.MinValue and <= short.MaxValue => [0xc0, .. Little(number, 2)],
                >= -(1 << 23) and < 1 << 23 => [0xf0, .. Little(number, 3)],
                >= int.MinValue and <= int.MaxValue => [0xd0, .. Little(number, 4)],
                _ => [0xe0, .. Little(number, 8)],
            };
        }
        var text = Encoding.Latin1.GetBytes(element);
        var length = text.Length;
        byte[] head = length < 1 << 6 ? [(byte)length]
            : length < 1 << 14 ? [(byte)(0x40 | length >> 8), (byte)length]
            : [0x80, (byte)(length >> 24), (byte)(length >> 16), (byte)(length >> 8), (byte)length];
        return [.. head, .. text];
    }

    public static byte[] ZipMap(IReadOnlyList<(string Name, string Value)> pairs)
    {
        var map = new List<byte> { (byte)Math.Min(pairs.Count, 254) };
        for (var i = 0; i < pairs.Count; i++)
        {
            // Some values have bytes to spare behind them.
            var free = i % 3;
            map.AddRange([.. MapLength(pairs[i].Name), .. Encoding.Latin1.GetBytes(pairs[i].Name)]);
            map.AddRange([.. MapLength(pairs[i].Value), (byte)free, .. Encoding.Latin1.GetBytes(pairs[i].Value), .. new byte[free]]);
        }
        map.Add(0xff);
        return [.. map];
    }

    private static byte[] MapLength(string text) => text.Length < 254 ? [(byte)text.Length] : [254, .. Little(text.Length, 4)];

    private static byte[] Little(long value, int bytes)
    {
        var all = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(all, value);
        return all[..bytes];
    }
}
