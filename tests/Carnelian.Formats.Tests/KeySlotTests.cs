using System.Text;

namespace Carnelian.Tests;

public sealed class KeySlotTests
{
    /// <summary>The check value of the CRC catalogue, and slots that CLUSTER KEYSLOT of Redis 8.0.6 gives.</summary>
    [TestCase("123456789", 0x31c3 & 0x3fff)]
    [TestCase("", 0)]
    [TestCase("foo", 12182)]
    [TestCase("{foo}", 12182)]
    [TestCase("a{foo}b{bar}", 12182)]
    [TestCase("foo{}{bar}", 8363)]
    [TestCase("foo{{bar}}zap", 4015)]
    public void A_key_is_in_the_slot_in_which_Redis_has_it(string key, int slot)
    {
        Assert.That(KeySlot.Of(Encoding.Latin1.GetBytes(key)), Is.EqualTo(slot));
    }

    [Test]
    public void Eight_bytes_at_a_time_give_what_bits_one_by_one_give()
    {
        var random = new Random(1);
        for (var length = 0; length < 100; length++)
        {
            var bytes = new byte[length];
            random.NextBytes(bytes);
            var crc = 0;
            foreach (var value in bytes)
            {
                crc ^= value << 8;
                for (var bit = 0; bit < 8; bit++) crc = ((crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0)) & 0xffff;
            }
            Assert.That(Crc16.Of(bytes), Is.EqualTo(crc));
        }
    }

    [TestCase("foo", 12182)]
    [TestCase("{foo}*", 12182)]
    [TestCase("a{foo}?", 12182)]
    [TestCase("foo{}{bar}", 8363)]
    [TestCase("{foo*}", -1)]
    [TestCase("*{foo}", -1)]
    [TestCase("[a]{foo}", -1)]
    [TestCase("\\a{foo}", -1)]
    [TestCase("{}{foo}*", -1)]
    [TestCase("foo*", -1)]
    public void A_pattern_has_a_slot_if_all_keys_that_it_matches_are_in_it(string pattern, int slot)
    {
        var has = KeySlot.TryOfPattern(Encoding.Latin1.GetBytes(pattern), out var found);
        Assert.That(has ? found : -1, Is.EqualTo(slot));
    }
}
