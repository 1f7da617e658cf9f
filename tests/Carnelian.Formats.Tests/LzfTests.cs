using System.Text;

namespace Carnelian.Tests;

public sealed class LzfTests
{
    [Test]
    public void What_was_compressed_comes_back([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var table = new LzfTable();
        for (var round = 0; round < 300; round++)
        {
            var input = Data(random);
            var output = new byte[input.Length + 64 + input.Length / 16];
            var length = Lzf.Compress(input, output);
            Assert.That(Lzf.Compress(input, new byte[output.Length], table), Is.EqualTo(length), "what the table knows of earlier inputs is of no account");
            if (input.Length < 3) continue;
            Assert.That(length, Is.Positive);
            var back = new byte[input.Length];
            Assert.That(Lzf.TryDecompress(output.AsSpan(0, length), back), Is.True);
            Assert.That(back, Is.EqualTo(input));
        }
    }

    [Test]
    public void Short_strings_are_not_tried_that_repeat_no_three_bytes([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 5000; round++)
        {
            var text = new byte[random.Next(3, LzfRepeats.LengthMax + 1)];
            var alphabet = random.Next(2, 40);
            for (var i = 0; i < text.Length; i++) text[i] = (byte)random.Next(alphabet);
            var repeats = false;
            for (var i = 0; i < text.Length - 3; i++) repeats |= text.AsSpan(i + 1).IndexOf(text.AsSpan(i, 3)) >= 0;
            Assert.That(LzfRepeats.Has(text), Is.EqualTo(repeats));
            if (!repeats) Assert.That(Lzf.Compress(text, new byte[text.Length + 8]), Is.EqualTo(text.Length + 1), "nothing but literals");
        }
    }

    [Test]
    public void Output_that_is_too_short_is_said_to_be()
    {
        var random = new Random(5);
        var input = new byte[500];
        random.NextBytes(input);
        Assert.That(Lzf.Compress(input, new byte[496]), Is.Zero);
        Assert.That(Lzf.Compress(new byte[500], new byte[20]), Is.InRange(1, 20));
        Assert.That(Lzf.Compress(new byte[500], new byte[3]), Is.Zero);
    }

    [Test]
    public void Damaged_input_is_refused_and_never_read_or_written_beyond_its_ends([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 2000; round++)
        {
            var input = Data(random);
            var output = new byte[input.Length + 64 + input.Length / 16];
            var compressed = output.AsSpan(0, Lzf.Compress(input, output)).ToArray();
            if (compressed.Length == 0) continue;
            for (var n = random.Next(1, 4); n > 0; n--) compressed[random.Next(compressed.Length)] = (byte)random.Next(256);
            Lzf.TryDecompress(compressed.AsSpan(0, random.Next(compressed.Length + 1)), new byte[input.Length]);
        }
        Assert.That(Lzf.TryDecompress([0x20, 0x00], new byte[3]), Is.False, "nothing to refer back to");
        Assert.That(Lzf.TryDecompress([0x02, (byte)'a'], new byte[3]), Is.False, "literals are missing");
        Assert.That(Lzf.TryDecompress([0xe0], new byte[9]), Is.False, "the length is missing");
        Assert.That(Lzf.TryDecompress([0x00, (byte)'a'], new byte[2]), Is.False, "the output is longer");
    }

    private static byte[] Data(Random random)
    {
        var length = random.Next(1, 1 << random.Next(1, 13));
        var alphabet = random.Next(1, 30);
        var text = new StringBuilder();
        while (text.Length < length)
        {
            if (text.Length > 4 && random.Next(3) == 0) text.Append(text.ToString(random.Next(text.Length - 4), random.Next(1, 5)));
            else text.Append((char)('a' + random.Next(alphabet)));
        }
        return Encoding.Latin1.GetBytes(text.ToString(0, length));
    }
}
