namespace Carnelian.Tests;

/// <summary>The layout that <see cref="Entry"/> draws, bit by bit: dumps, snapshots and defragmentation rely on it.</summary>
public sealed unsafe class EntryTests
{
    [Test]
    public void Header_has_its_fields_where_the_drawing_has_them()
    {
        var header = Entry.MakeHeader(0x42, ValueType.Stream, ValueEncoding.Embstr, expires: true, external: false, inlineLength: 0x3ff);
        header = Entry.WithMark(Entry.WithAccess(header, 0xabcdef), 9);
        var drawn = 0x42UL | 0xabcdefUL << 8 | 6UL << 32 | 2UL << 36 | 1UL << 40 | 0UL << 41 | 9UL << 42 | 0x3ffUL << 49;
        Assert.That(header, Is.EqualTo(drawn));
        Assert.That(Entry.MakeHeader(300, ValueType.String, ValueEncoding.Raw, false, true, 0), Is.EqualTo(255UL | 1UL << 41));
    }

    [Test]
    public void Fields_of_the_header_do_not_touch_each_other()
    {
        foreach (var rest in new[] { 0UL, ulong.MaxValue })
        {
            Assert.That(Entry.Access(Entry.WithAccess(rest, 0x2123456)), Is.EqualTo(0x2123456));
            const ulong access = 0xffffffUL << 8 | 3UL << 47;
            Assert.That(Entry.WithAccess(rest, 0x2123456) & ~access, Is.EqualTo(rest & ~access));
            Assert.That(Entry.Mark(Entry.WithMark(rest, 5)), Is.EqualTo(5));
            Assert.That(Entry.WithMark(rest, 5) & ~(0xfUL << 42), Is.EqualTo(rest & ~(0xfUL << 42)));
            Assert.That(Entry.Encoding(Entry.WithEncoding(rest, ValueEncoding.Int)), Is.EqualTo(ValueEncoding.Int));
            Assert.That(Entry.WithEncoding(rest, ValueEncoding.Int) & ~(0xfUL << 36), Is.EqualTo(rest & ~(0xfUL << 36)));
            Assert.That(Entry.Expires(Entry.WithExpires(rest, false)), Is.False);
            Assert.That(Entry.WithExpires(rest, true) & ~(1UL << 40), Is.EqualTo(rest & ~(1UL << 40)));
        }
    }

    [TestCase(0, false, 8)]
    [TestCase(254, false, 8)]
    [TestCase(254, true, 16)]
    [TestCase(255, false, 12)]
    [TestCase(256, true, 20)]
    [TestCase(70_000, true, 20)]
    public void Key_stands_behind_header_expiry_and_long_length(int length, bool expires, int offset) =>
        Assert.That(Entry.KeyOffset(length, expires), Is.EqualTo(offset));

    [Test]
    public void Key_of_16_and_value_of_32_bytes_take_56() =>
        Assert.That(BlockAllocator.UsableSize(Entry.Size(16, false, false, 32)), Is.EqualTo((nint)56));

    [Test]
    public void Entry_in_memory_is_as_drawn([Values(0, 1, 254, 255, 256, 70_000)] int keyLength, [Values] bool expires, [Values(0, 5, 1024, 1025)] int valueLength)
    {
        using var rig = new KeyTableRig(1);
        rig.Host.Access = 77;
        rig.Host.Mark = 3;
        var key = rig.Bytes(keyLength);
        var value = rig.Bytes(valueLength);
        rig.Write(key, value, expires ? 1234567890123 : EntryView.NoExpiry, ValueType.String, ValueEncoding.Raw);

        var entry = rig.Table.Find(key, rig.Host.Hash(key)).View.Address;
        var external = valueLength > 1024;
        var drawn = (ulong)Math.Min(keyLength, 255) | 77UL << 8 | (expires ? 1UL << 40 : 0) | (external ? 1UL << 41 : 0)
            | 3UL << 42 | (external ? 0 : (ulong)valueLength << 49);
        Assert.That(*(ulong*)entry, Is.EqualTo(drawn));
        var at = entry + 8;
        if (expires)
        {
            Assert.That(*(long*)at, Is.EqualTo(1234567890123));
            at += 8;
        }
        if (keyLength >= 255)
        {
            Assert.That(*(uint*)at, Is.EqualTo(keyLength));
            at += 4;
        }
        Assert.That(new ReadOnlySpan<byte>(at, keyLength).SequenceEqual(key));
        at += keyLength;
        if (external) Assert.That(*(int*)(at + 8), Is.EqualTo(valueLength));
        Assert.That(new ReadOnlySpan<byte>(external ? *(byte**)at : at, valueLength).SequenceEqual(value));
        at += external ? 16 : valueLength;
        Assert.That(Entry.Size(entry), Is.EqualTo((nint)(at - entry)));
        Assert.That(Entry.Size(keyLength, expires, external, valueLength), Is.EqualTo((nint)(at - entry)));
    }
}
