namespace Carnelian.Tests;

public sealed class Crc64Tests
{
    [Test]
    public void The_checksum_of_the_usual_test_text_is_that_of_Redis()
    {
        Assert.That(Crc64.Of("123456789"u8), Is.EqualTo(0xe9c6d914c4b8d9ca));
        Assert.That(Crc64.LookUp(0, "123456789"u8), Is.EqualTo(0xe9c6d914c4b8d9ca));
        Assert.That(Crc64.Of([]), Is.Zero);
    }

    /// <summary>Bit by bit, as the polynomial says.</summary>
    private static ulong Slowly(ulong crc, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x95ac9329ac4bc9b5 : 0);
        }
        return crc;
    }

    [Test]
    public void Every_length_has_the_checksum_that_the_polynomial_gives()
    {
        var bytes = new byte[700];
        new Random(1).NextBytes(bytes);
        for (var length = 0; length < bytes.Length; length++)
        {
            var part = bytes.AsSpan(0, length);
            Assert.That(Crc64.Append(0x123456789abcdef0, part), Is.EqualTo(Slowly(0x123456789abcdef0, part)), $"{length} bytes");
            Assert.That(Crc64.LookUp(1, part), Is.EqualTo(Slowly(1, part)), $"{length} bytes");
        }
    }

    [Test]
    public void Parts_one_after_the_other_have_the_checksum_of_the_whole([Range(1, 20)] int seed)
    {
        var random = new Random(seed);
        var bytes = new byte[random.Next(5000)];
        random.NextBytes(bytes);
        ulong crc = 0;
        for (int at = 0, next; at < bytes.Length; at = next)
        {
            next = Math.Min(bytes.Length, at + 1 + random.Next(900));
            crc = Crc64.Append(crc, bytes.AsSpan(at, next - at));
        }
        Assert.That(crc, Is.EqualTo(Crc64.Of(bytes)));
    }
}
