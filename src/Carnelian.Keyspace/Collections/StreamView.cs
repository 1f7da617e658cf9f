namespace Carnelian;

/// <summary>A key's stream for reading. It and its entries live until the stream is edited.</summary>
public readonly ref struct StreamView
{
    /// <summary>Radix trees of more keys are not counted key by key.</summary>
    private const long CountedKeysMax = 20_000;

    private readonly NodeStream _nodes;

    /// <param name="entry">Of these data: a stream, or nothing.</param>
    public StreamView(Dataset data, EntryView entry)
    {
        Exists = entry.Exists;
        if (!Exists) return;
        Check.That(entry.Type == ValueType.Stream);
        _nodes = data.Stream(entry);
    }

    public bool Exists { get; }

    /// <summary>Entries; 0 when there is no stream.</summary>
    public long Length => Exists ? _nodes.Length : 0;

    /// <inheritdoc cref="NodeStream.LastId"/>
    public StreamId LastId => Exists ? _nodes.LastId : default;

    /// <inheritdoc cref="NodeStream.FirstId"/>
    public StreamId FirstId => _nodes.FirstId;

    /// <inheritdoc cref="NodeStream.LastLiveId"/>
    public StreamId LastLiveId => _nodes.LastLiveId;

    /// <inheritdoc cref="NodeStream.FirstIdEvenDeleted"/>
    public StreamId FirstIdEvenDeleted => _nodes.FirstIdEvenDeleted;

    /// <inheritdoc cref="NodeStream.MaxDeletedId"/>
    public StreamId MaxDeletedId => _nodes.MaxDeletedId;

    /// <inheritdoc cref="NodeStream.EntriesAdded"/>
    public long EntriesAdded => _nodes.EntriesAdded;

    public long NodeCount => _nodes.NodeCount;

    /// <summary>How many nodes the radix tree has that Redis keeps such a stream in; of a large stream about so many.</summary>
    public long RadixTreeNodes => _nodes.CountRadixTreeNodes(CountedKeysMax);

    /// <inheritdoc cref="NodeStream.Contains"/>
    public bool Contains(StreamId id) => Exists && _nodes.Contains(id);

    /// <inheritdoc cref="NodeStream.CountIn"/>
    public long CountIn(StreamId first, StreamId last, long max = long.MaxValue) => _nodes.CountIn(first, last, max);

    /// <inheritdoc cref="NodeStream.Range"/>
    public StreamEntries Range(StreamId first, StreamId last, bool backward = false) => _nodes.Range(first, last, backward);

    public int GroupCount => Exists ? _nodes.GroupCount : 0;

    /// <inheritdoc cref="NodeStream.GroupAt"/>
    public ConsumerGroup GroupAt(int i) => _nodes.GroupAt(i);

    /// <summary>None, if there is none of the name, or no stream.</summary>
    public ConsumerGroup FindGroup(scoped ReadOnlySpan<byte> name) => Exists ? _nodes.FindGroup(name) : default;

    public StreamEntries All => Range(StreamId.Min, StreamId.Max);
}
