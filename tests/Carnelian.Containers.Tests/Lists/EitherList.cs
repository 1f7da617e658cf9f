namespace Carnelian.Tests;

/// <summary>
/// A list as a key will have it: packed in bytes of the key's own while it is small, of nodes beyond that. Converts by the rules of Redis' commands; every step in checked memory.
/// </summary>
internal sealed class EitherList : IDisposable
{
    private readonly BlockAllocator _allocator = new(new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30, QuarantineBlocks = 64 });
    private readonly KeyTables _tables;
    private byte[]? _packed = PackedList.Empty.Bytes.ToArray();

    public EitherList(NodeLimit limit, int compressDepth = 0)
    {
        Host = new(_allocator, new(1, 2)) { ListLimit = limit, ListCompressDepth = compressDepth };
        _tables = new(Host);
    }

    public TableHost Host { get; }

    public BlockAllocator Allocator => _allocator;

    public NodeLimit Limit => Host.ListLimit;

    public string Encoding => _packed is null ? "quicklist" : "listpack";

    public long Count => _packed is null ? Nodes.Count : Packed.Count;

    public int NodeCount => _packed is null ? Nodes.NodeCount : 1;

    public NodeList Nodes => _tables.List(View);

    private KeyTable Keys => _tables.Of(0);

    public EntryView View => Keys.Find("list"u8, Host.Hash("list"u8)).View;

    private PackedList Packed => new(_packed);

    public bool IsPlain(int n) => _packed is null && Nodes.IsPlain(n);

    public ReadOnlySpan<byte> NodeBytes(int n)
    {
        if (_packed is null) return Nodes.IsPlain(n) ? Nodes.Node(n)[0].Text(new byte[PackedElement.IntegerTextMax]) : Nodes.ListPackOf(n);
        var written = new byte[Packed.ListPackLength];
        Packed.WriteListPack(written);
        return written;
    }

    public List<byte[]> Elements(bool backward = false)
    {
        var elements = new List<byte[]>();
        if (Count == 0) return elements;
        var from = backward ? Count - 1 : 0;
        foreach (var element in _packed is null ? Nodes.From(from, backward) : Packed.From((int)from, backward)) elements.Add(Bytes(element));
        return elements;
    }

    public byte[] this[long index] => Bytes(_packed is null ? Nodes[index] : Packed[(int)index]);

    public void Append(params ReadOnlySpan<byte[]> values)
    {
        Grow(values);
        if (_packed is not null) Change(Packed.Count, 0, values);
        else foreach (var value in values) Nodes.Append(value);
        EndCall();
    }

    public void Prepend(byte[] value)
    {
        Grow(value);
        if (_packed is not null) Change(0, 0, value);
        else Nodes.Prepend(value);
        EndCall();
    }

    public void Insert(long index, byte[] value, bool after)
    {
        Grow(value);
        if (_packed is not null) Change((int)index + (after ? 1 : 0), 0, value);
        else if (after) Nodes.InsertAfter(index, value);
        else Nodes.Insert(index, value);
        EndCall();
    }

    public void Set(long index, byte[] value)
    {
        Grow(value);
        if (_packed is not null) Change((int)index, 1, value);
        else Nodes.Set(index, value);
        Shrink();
        EndCall();
    }

    public void RemoveRange(long index, long count)
    {
        if (_packed is not null) Change((int)index, (int)count);
        else Nodes.RemoveRange(index, count);
        Shrink();
        EndCall();
    }

    public long RemoveEqual(byte[] value, long max, bool fromTail)
    {
        var removed = _packed is null ? Nodes.RemoveEqual(value, max, fromTail) : RemoveEqualPacked(value, max, fromTail);
        Shrink();
        EndCall();
        return removed;
    }

    public void Dispose()
    {
        _tables.Disposal.Finish();
        while (Host.FreesPending > 0) Host.FreeSome();
        _allocator.Dispose();
    }

    public void Delete()
    {
        var at = Keys.Find("list"u8, Host.Hash("list"u8));
        if (at.Exists) Keys.Remove(ref at);
        _packed = PackedList.Empty.Bytes.ToArray();
    }

    private static byte[] Bytes(PackedElement element) => element.Text(stackalloc byte[PackedElement.IntegerTextMax]).ToArray();

    private long RemoveEqualPacked(byte[] value, long max, bool fromTail)
    {
        var matcher = new ElementMatcher(value);
        var found = Packed.CountEqual(matcher);
        var take = (int)Math.Min(found, max);
        var length = Packed.CopyWithoutEqual(_packed, matcher, fromTail ? found - take : 0, take);
        _packed = _packed.AsSpan(0, length).ToArray();
        return take;
    }

    /// <summary>Once in memory of the exact size, and once in place.</summary>
    private void Change(int index, int removed, params ReadOnlySpan<byte[]> values)
    {
        var room = 0;
        foreach (var value in values) room += value.Length + PackedWriter.OverheadMax;
        var writer = new PackedWriter(new byte[room]);
        foreach (var value in values) writer.Add(value);
        var splice = Packed.Replace(index, removed, writer);
        var changed = new byte[_packed!.Length + splice.LengthChange];
        splice.CopyTo(Packed, changed);
        Array.Resize(ref _packed, Math.Max(_packed.Length, changed.Length));
        splice.Apply(_packed);
        Assert.That(Packed.Bytes[..changed.Length].SequenceEqual(changed));
        _packed = changed;
    }

    private void Grow(params ReadOnlySpan<byte[]> values)
    {
        if (_packed is null) return;
        long bytes = Packed.ListPackLength;
        foreach (var value in values) bytes += value.Length;
        if (!Limit.IsExceededBy(bytes, Packed.Count + values.Length)) return;
        var at = Keys.Find("list"u8, Host.Hash("list"u8));
        Keys.WriteCollection(ref at, "list"u8, ValueType.List, ValueEncoding.QuickList);
        Nodes.AppendNode(Packed);
        _packed = null;
    }

    private void Shrink()
    {
        if (_packed is not null || (Count > 0 && !Nodes.FitsPacked(hasShrunk: true))) return;
        var packed = Count == 0 ? PackedList.Empty.Bytes.ToArray() : Nodes.Node(0).Bytes.ToArray();
        Delete();
        _packed = packed;
    }

    private void EndCall()
    {
        _allocator.ReleaseRetired();
        while (Host.FreesPending > 0) Host.FreeSome();
    }
}
