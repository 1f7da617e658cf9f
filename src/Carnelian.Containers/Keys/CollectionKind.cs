namespace Carnelian;

/// <summary>
/// What is done with all values of one type and encoding alike: one stateless kind for each, in its type's folder. A packed kind lies in the key's
/// value like a string, and is copied, moved, held and freed like one; others have a root, a native block, at which the key's entry points.
/// </summary>
internal abstract unsafe class CollectionKind(ValueType type, ValueEncoding encoding)
{
    public ValueType Type { get; } = type;

    public ValueEncoding Encoding { get; } = encoding;

    /// <summary>Elements.</summary>
    public abstract long Count(byte* entry, TableHost host);

    /// <summary>When the first of its elements is due, Unix milliseconds; not later than that.</summary>
    public virtual long NextDueMs(byte* entry) => DueTimes.Never;
}

/// <summary>A kind whose elements lie in the key's value.</summary>
internal abstract unsafe class PackedKind(ValueType type, ValueEncoding encoding) : CollectionKind(type, encoding);

/// <summary>A kind whose elements hang on a root.</summary>
internal abstract unsafe class RootedKind(ValueType type, ValueEncoding encoding) : CollectionKind(type, encoding), IFreedLater
{
    public sealed override long Count(byte* entry, TableHost host) => CountOf(Entry.Root(entry), host);

    protected abstract long CountOf(byte* root, TableHost host);

    /// <summary>Redis frees a collection in the background if it has more parts (elements, of lists and streams nodes) than <see cref="PartsAtOnceMax"/>.</summary>
    public bool IsFreedInBackground(byte* root, TableHost host) => PartsOf(root, host) > PartsAtOnceMax;

    private const int PartsAtOnceMax = 64;

    protected virtual long PartsOf(byte* root, TableHost host) => CountOf(root, host);

    /// <summary>The root of an empty collection.</summary>
    public abstract byte* Create(TableHost host);

    /// <summary>Memory that the collection takes; where it is not known, <paramref name="samples"/> parts are measured and stand for the others.</summary>
    public abstract long MemoryBytes(byte* root, long samples, TableHost host);

    /// <summary>Parts of a collection that are measured when it comes to be freed, where its memory is not known.</summary>
    protected const int SamplesOfFreed = 16;

    public virtual long MeasureSome(byte* root, TableHost host) => MemoryBytes(root, SamplesOfFreed, host);

    /// <summary>Adds the elements of another collection of the kind to an empty one.</summary>
    public abstract void AddAll(byte* root, byte* other, TableHost host);

    /// <summary>Moves a part of the collection out of sparse slabs; true at the end of a round.</summary>
    public abstract bool DefragmentSome(byte* root, TableHost host, ref BlockMover mover);

    /// <summary>Frees a part of the collection; true when nothing is left of it. Between calls only.</summary>
    public abstract bool FreeSome(byte* root, TableHost host);

    /// <summary>
    /// Takes over a collection whose key no longer needs it. It is freed bit by bit, after the call. If a snapshot holds it, that happens once the
    /// snapshot lets it go.
    /// </summary>
    /// <param name="isObject">See <see cref="TableHost.FreeLater"/>.</param>
    public void Drop(byte* root, TableHost host, bool isObject)
    {
        if (((Hold*)root)->Drop()) host.FreeLater(root, this, isObject);
    }
}

/// <summary>The kinds there are, by the byte of type and encoding in an entry's header.</summary>
internal static unsafe class CollectionKinds
{
    private static readonly CollectionKind?[] _all = Index(
        new PackedListKind(), new NodeListKind(), new PackedHashKind(), new ExpiringPackedHashKind(), new FieldTableKind(ValueType.Hash),
        new IntegerSetKind(), new PackedSetKind(), new FieldTableKind(ValueType.Set), new PackedSortedSetKind(), new SortedTableKind(),
        new ModuleKind(), new StreamKind());

    private static CollectionKind?[] Index(params ReadOnlySpan<CollectionKind> kinds)
    {
        var all = new CollectionKind?[1 << 8];
        foreach (var kind in kinds) all[Entry.KindOf(kind.Type, kind.Encoding)] = kind;
        return all;
    }

    /// <summary>Null for a string.</summary>
    public static CollectionKind? Find(ulong header) => _all[Entry.KindOf(header)];

    public static CollectionKind Of(ValueType type, ValueEncoding encoding) =>
        _all[Entry.KindOf(type, encoding)] ?? throw new BrokenInvariantException($"{type} is never kept as {encoding}");

    public static RootedKind Rooted(ValueType type, ValueEncoding encoding) => (RootedKind)Of(type, encoding);

    /// <summary>Of an entry that has a root.</summary>
    public static RootedKind Rooted(byte* entry) => (RootedKind)Find(Entry.Header(entry))!;
}
