using System.Text;

namespace Carnelian.Tests;

/// <summary>A stream of a key, in checked memory.</summary>
internal sealed class TestStream : IDisposable
{
    private readonly BlockAllocator _allocator = new(new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30, QuarantineBlocks = 64 });
    private readonly KeyTables _tables;

    public TestStream(StreamLimit limit)
    {
        Host = new(_allocator, new(1, 2)) { StreamLimit = limit };
        _tables = new(Host);
        Make();
    }

    public TableHost Host { get; }

    public BlockAllocator Allocator => _allocator;

    public NodeStream Nodes => _tables.Stream(_tables.Of(0).Find("stream"u8, Host.Hash("stream"u8)).View);

    public void Append(StreamId id, params string[] fields)
    {
        Nodes.Append(id, new TestFields(fields), fields.Sum(static text => text.Length));
        EndCall();
    }

    public bool Delete(StreamId id)
    {
        var isDeleted = Nodes.Delete(id);
        if (isDeleted) Nodes.RefreshFirst();
        EndCall();
        return isDeleted;
    }

    public long Trim(StreamTrim trim)
    {
        var removed = Nodes.Trim(trim);
        EndCall();
        return removed;
    }

    /// <summary>Each entry as its ID and its fields.</summary>
    public List<string> Entries(StreamId first, StreamId last, bool backward = false) => TextsOf(Nodes.Range(first, last, backward));

    public List<string> Entries() => Entries(StreamId.Min, StreamId.Max);

    public static List<string> TextsOf(StreamEntries entries)
    {
        var texts = new List<string>();
        var scratch = new byte[PackedElement.IntegerTextMax];
        while (entries.MoveNext())
        {
            var fields = new string[2 * entries.FieldCount];
            for (var i = 0; i < fields.Length; i += 2)
            {
                entries.ReadField(out var name, out var value);
                fields[i] = Encoding.Latin1.GetString(name.Text(scratch));
                fields[i + 1] = Encoding.Latin1.GetString(value.Text(scratch));
            }
            texts.Add(TextOf(entries.Id, fields));
        }
        return texts;
    }

    public static string TextOf(StreamId id, string[] fields) => $"{id.Milliseconds}-{id.Sequence} {string.Join(' ', fields)}";

    /// <summary>Deletes the key, and makes it anew with an empty stream. What a snapshot holds is its own from here on.</summary>
    public void Remake()
    {
        var at = _tables.Of(0).Find("stream"u8, Host.Hash("stream"u8));
        _tables.Of(0).Remove(ref at);
        EndCall();
        Make();
    }

    private void Make()
    {
        var at = _tables.Of(0).Find("stream"u8, Host.Hash("stream"u8));
        _tables.Of(0).WriteCollection(ref at, "stream"u8, ValueType.Stream, ValueEncoding.Stream);
        EndCall();
    }

    public void Defragment()
    {
        long cursor = 0;
        var counts = new DefragmentationCounts();
        while (!_tables.Defragment(0, ref cursor, 3, ref counts)) { }
    }

    private void EndCall() => _allocator.ReleaseRetired();

    public void FinishFrees()
    {
        while (Host.FreesPending > 0) Host.FreeSome();
    }

    public void Dispose()
    {
        _tables.Disposal.Finish();
        FinishFrees();
        _allocator.Dispose();
    }
}

/// <summary>Names and values by turns.</summary>
internal readonly struct TestFields(string[] texts) : IStreamFields
{
    public int Count => texts.Length / 2;

    public ReadOnlySpan<byte> Name(int i) => Encoding.Latin1.GetBytes(texts[2 * i]);

    public ReadOnlySpan<byte> Value(int i) => Encoding.Latin1.GetBytes(texts[2 * i + 1]);
}
