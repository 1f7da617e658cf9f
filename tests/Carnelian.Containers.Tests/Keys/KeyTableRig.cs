using System.Text;

namespace Carnelian.Tests;

/// <summary>A key table beside a dictionary that says what must be in it.</summary>
internal sealed class KeyTableRig : IDisposable
{
    private bool _tableIsGone;

    public KeyTableRig(int seed, bool isChecked = true)
    {
        Random = new(seed);
        Allocator = new(new() { Checked = isChecked, RangeBytesMax = 1 << 30, QuarantineBlocks = 64 });
        Host = new(Allocator, new((ulong)Random.NextInt64(), 2));
        Tables = new(Host);
    }

    public sealed record Expected(byte[] Value, long ExpiryMs, ValueType Type, ValueEncoding Encoding, int Access, int Mark);

    public Random Random { get; }

    public BlockAllocator Allocator { get; }

    public TableHost Host { get; }

    public KeyTables Tables { get; }

    public KeyTable Table => Tables.Of(0);

    /// <summary>By key, a char per byte.</summary>
    public Dictionary<string, Expected> Model { get; } = [];

    public List<string> Keys { get; } = [];

    public byte[] Bytes(int length)
    {
        var bytes = new byte[length];
        Random.NextBytes(bytes);
        return bytes;
    }

    public static byte[] Key(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> key) => Encoding.Latin1.GetString(key);

    public EntryHandle Find(string key) => Find(Key(key));

    public EntryHandle Find(byte[] key) => Table.Find(key, Host.Hash(key));

    public void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value, long expiryMs, ValueType type = ValueType.String, ValueEncoding encoding = ValueEncoding.Raw,
        List<OwnedBlock>? adoptable = null)
    {
        Table.Step();
        var text = Text(key);
        var copy = value.ToArray();
        var at = Table.Find(key, Host.Hash(key));
        var isNew = !at.Exists;
        var markWhenInPlace = isNew ? Host.Mark : at.View.Mark;
        Table.Write(ref at, key, type, encoding, value, expiryMs, adoptable);
        if (isNew) Keys.Add(text);
        // In place the entry keeps its mark; otherwise it is new.
        var mark = at.View.Mark == markWhenInPlace ? markWhenInPlace : Host.Mark;
        Model[text] = new(copy, expiryMs, type, encoding, isNew ? Host.Access : Model[text].Access, mark);
        Verify(at.View, text);
    }

    public void Remove(string key)
    {
        Table.Step();
        var at = Find(key);
        Table.Remove(ref at);
        Assert.That(at.Exists, Is.False);
        Model.Remove(key);
        Keys.Remove(key);
    }

    public void Verify(EntryView view, string key)
    {
        var expected = Model[key];
        if (!view.Key.SequenceEqual(Key(key))) Assert.Fail($"another key in place of one of {key.Length} bytes");
        if (!view.Value.SequenceEqual(expected.Value)) Assert.Fail($"wrong value of {view.Value.Length} bytes, not {expected.Value.Length}");
        var seen = new Expected(expected.Value, view.ExpiryMs, view.Type, view.Encoding, view.Access, view.Mark);
        if (seen != expected) Assert.Fail($"{seen} is not {expected}");
        Assert.That(view.MemoryBytes, Is.InRange(8 + key.Length + expected.Value.Length, 64 + (key.Length + expected.Value.Length) * 9L / 8 + 4096 + Reserve(expected)));
    }

    /// <summary>What a value that was resized may hold in reserve, or has kept since it was longer.</summary>
    private static long Reserve(Expected expected) => expected.Value.Length + (1 << 21);

    public void VerifyAll()
    {
        Assert.That(Table.Count, Is.EqualTo(Model.Count));
        Assert.That(Table.Expiring, Is.EqualTo(Model.Values.Count(e => e.ExpiryMs != EntryView.NoExpiry)));
        foreach (var key in Model.Keys) Verify(Find(key).View, key);
        var found = new EntryList();
        ulong cursor = 0;
        do cursor = Table.Walk.Scan(cursor, found);
        while (cursor != 0);
        Assert.That(found.Count, Is.EqualTo(Model.Count));
        for (var i = 0; i < found.Count; i++) Verify(found[i], Text(found[i].Key));
    }

    public int DisposeInSlices(out long blocksInLargestSlice)
    {
        var slices = 0;
        blocksInLargestSlice = 0;
        for (; !Tables.Disposal.IsDone; slices++)
        {
            var before = Allocator.LiveBlocks;
            Tables.Disposal.FreeSome();
            blocksInLargestSlice = Math.Max(blocksInLargestSlice, before - Allocator.LiveBlocks);
        }
        _tableIsGone = true;
        return slices;
    }

    public void Dispose()
    {
        if (!_tableIsGone) Tables.Disposal.Finish();
        Allocator.Dispose();
    }
}
