using System.Text;

namespace Carnelian.Tests;

public sealed class RdbPrimitivesTests
{
    private static byte[] Written(Action<RdbOutput> write, bool compresses = true)
    {
        var buffer = new RdbBuffer { Compresses = compresses };
        write(buffer);
        return buffer.Written.ToArray();
    }

    [TestCase(0UL, "00"), TestCase(63UL, "3F"), TestCase(64UL, "4040"), TestCase(16383UL, "7FFF"), TestCase(16384UL, "8000004000")]
    [TestCase(4294967295UL, "80FFFFFFFF"), TestCase(4294967296UL, "810000000100000000"), TestCase(ulong.MaxValue, "81FFFFFFFFFFFFFFFF")]
    public void A_length_takes_as_few_bytes_as_it_can(ulong length, string bytes)
    {
        var written = Written(output => output.Length(length));
        Assert.That(Convert.ToHexString(written), Is.EqualTo(bytes));
        var reader = new RdbReader(written);
        Assert.That(reader.TryLength(out var read));
        Assert.That((read, reader.Left), Is.EqualTo((length, 0L)));
    }

    [TestCase("", "00"), TestCase("abc", "03616263"), TestCase("0", "C000"), TestCase("-128", "C080"), TestCase("128", "C18000"), TestCase("-32768", "C10080")]
    [TestCase("32768", "C200800000"), TestCase("-2147483648", "C200000080"), TestCase("2147483648", "0A32313437343833363438"), TestCase("007", "03303037"), TestCase("-0", "022D30")]
    [TestCase("+1", "022B31")]
    public void A_string_that_is_a_number_of_32_bits_is_one(string text, string bytes)
    {
        var written = Written(output => output.String(Encoding.ASCII.GetBytes(text)));
        Assert.That(Convert.ToHexString(written), Is.EqualTo(bytes));
        Assert.That(ReadString(written), Is.EqualTo(text));
    }

    private static string? ReadString(byte[] written)
    {
        var reader = new RdbReader(written);
        return reader.TryString(new RdbScratch(), out var text) && reader.Left == 0 ? Encoding.Latin1.GetString(text) : null;
    }

    [Test]
    public void A_long_string_is_compressed_if_that_wins_four_bytes_and_is_asked_for()
    {
        var text = Encoding.ASCII.GetBytes(new string('a', 100));
        var written = Written(output => output.String(text));
        Assert.That((written[0], written.Length), Is.EqualTo(((byte)0xc3, 13)));
        Assert.That(ReadString(written), Is.EqualTo(new string('a', 100)));
        Assert.That(Written(output => output.String(text), compresses: false), Has.Length.EqualTo(102));
        Assert.That(Written(output => output.String(text.AsSpan(0, 20)))[0], Is.EqualTo(20), "20 bytes are not tried");
        Assert.That(Written(output => output.String(text.AsSpan(0, 21)))[0], Is.EqualTo(0xc3));
    }

    [Test]
    public void Scores_are_read_as_text_too([Values("1.5", "-3", "1e300", "inf")] string score)
    {
        var reader = new RdbReader([(byte)score.Length, .. Encoding.ASCII.GetBytes(score), 253, 254, 255, 1, (byte)'x']);
        Assert.That(reader.TryDoubleText(out var value) && reader.TryDoubleText(out var none) && double.IsNaN(none));
        Assert.That(DoubleText.TryParse(Encoding.ASCII.GetBytes(score), out var expected) && value.Equals(expected));
        Assert.That(reader.TryDoubleText(out value) && double.IsPositiveInfinity(value) && reader.TryDoubleText(out value) && double.IsNegativeInfinity(value));
        Assert.That(reader.TryDoubleText(out _), Is.False);
        Assert.That(reader.ErrorOffset, Is.EqualTo(score.Length + 4), "where it begins");
    }

    [TestCase("", 0L), TestCase("40", 1L), TestCase("82", 0L), TestCase("05616263", 1L), TestCase("80FFFFFFFF61", 5L), TestCase("81FFFFFFFFFFFFFFFF61", 9L)]
    [TestCase("C4", 0L), TestCase("C1", 1L), TestCase("C3", 1L), TestCase("C30105", 3L), TestCase("C3010500", 0L), TestCase("C3018100000001000000000000", 0L)]
    public void What_is_no_string_is_refused_with_its_place(string bytes, long offset)
    {
        var reader = new RdbReader(Convert.FromHexString(bytes));
        Assert.That(reader.TryString(new RdbScratch(), out _), Is.False);
        Assert.That(reader.Error, Is.Not.Null);
        Assert.That(reader.ErrorOffset, Is.EqualTo(offset), reader.Error);
        Assert.That(reader.TryByte(out _), Is.False, "nothing is read behind a fault");
    }

    /// <summary>Gives what it has in small pieces.</summary>
    private sealed class Trickle(byte[] bytes, Random random, int chunkBytes) : RdbSource(chunkBytes)
    {
        private int _at;

        public override long Length => bytes.Length;

        protected override int Read(Span<byte> to)
        {
            var read = Math.Min(Math.Min(to.Length, 1 + random.Next(200)), bytes.Length - _at);
            bytes.AsSpan(_at, read).CopyTo(to);
            _at += read;
            return read;
        }
    }

    [Test]
    public void What_is_read_a_chunk_at_a_time_is_what_was_written_and_so_is_its_checksum([Range(1, 30)] int seed)
    {
        var random = new Random(seed);
        var texts = new List<byte[]>();
        var output = new RdbBuffer { Compresses = random.Next(2) == 0 };
        for (var i = 0; i < 100; i++)
        {
            var text = new byte[random.Next(4) == 0 ? random.Next(3000) : random.Next(30)];
            foreach (ref var value in text.AsSpan()) value = (byte)('0' + random.Next(random.Next(2) == 0 ? 2 : 60));
            texts.Add(text);
            output.String(text);
            output.Milliseconds(i);
        }
        var written = output.Written.ToArray();
        var source = new Trickle(written, random, 64 + random.Next(500));
        RdbScratch kept = new(), other = new();
        var reader = new RdbReader(source);
        for (var i = 0; i < texts.Count; i++)
        {
            Assert.That(reader.TryKeptString(kept, out var text) && reader.TryMilliseconds(out var number) && number == i, reader.Error);
            Assert.That(text.SequenceEqual(texts[i]));
            if (random.Next(5) > 0) continue;
            reader.Pause();
            reader = new(source);
        }
        Assert.That(reader.Left, Is.Zero);
        Assert.That(reader.Checksum, Is.EqualTo(Crc64.Of(written)));
        Assert.That(reader.TryString(other, out _), Is.False);
        Assert.That(reader.ErrorOffset, Is.EqualTo(written.Length));
    }

    private sealed class Collected(int chunkBytes) : RdbChunks(chunkBytes)
    {
        public List<byte> All { get; } = [];

        protected override void Put(ReadOnlySpan<byte> bytes) => All.AddRange(bytes);
    }

    [Test]
    public void Chunks_have_what_a_buffer_has_and_its_checksum([Range(1, 10)] int seed)
    {
        var random = new Random(seed);
        var buffer = new RdbBuffer();
        var chunks = new Collected(32 + random.Next(100));
        var counter = new RdbCounter();
        foreach (var output in new RdbOutput[] { buffer, chunks, counter })
        {
            var same = new Random(seed);
            for (var i = 0; i < 200; i++)
            {
                output.Length((ulong)same.NextInt64() >> same.Next(64));
                var text = new byte[same.Next(300)];
                same.NextBytes(text.AsSpan(0, text.Length / 3));
                output.String(text);
                output.Double(i);
            }
        }
        Assert.That(chunks.Checksum, Is.EqualTo(Crc64.Of(buffer.Written)));
        Assert.That(chunks.All, Is.EqualTo(buffer.Written.ToArray()));
        Assert.That((chunks.Written, counter.Written), Is.EqualTo(((long)buffer.Written.Length, (long)buffer.Written.Length)));
    }
}
