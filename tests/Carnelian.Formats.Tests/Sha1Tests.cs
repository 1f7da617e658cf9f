using System.Security.Cryptography;

namespace Carnelian.Tests;

public sealed class Sha1Tests
{
    /// <summary>All lengths around those at which the padding takes another block.</summary>
    [Test]
    public void It_is_that_of_the_standard_at_every_length()
    {
        var data = new byte[300];
        new Random(1).NextBytes(data);
        for (var length = 0; length <= data.Length; length++)
        {
            var hash = new byte[Sha1.Bytes];
            Sha1.Hash(data.AsSpan(0, length), hash);
            Assert.That(hash, Is.EqualTo(SHA1.HashData(data.AsSpan(0, length))), $"of {length} bytes");
        }
    }

    [Test]
    public void It_may_be_written_over_its_data()
    {
        var data = "the data and, soon, the hash"u8.ToArray();
        var wanted = SHA1.HashData(data);
        Sha1.Hash(data, data);
        Assert.That(data[..Sha1.Bytes], Is.EqualTo(wanted));
    }
}
