using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// A group's block. What is pending has a <see cref="Delivery"/> for each ID.
/// <code>| named 8 | entries read 8 | last ID 16 | tree of what is pending 32 | consumers 16 | delivery times 8 | name … |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GroupRoot
{
    public NamedBlock Named;
    public long EntriesRead;
    public StreamId LastId;
    public IdTreeRoot Pending;
    public NameIndex Consumers;

    /// <summary>See <see cref="DeliveryTimes"/>; null until somebody claims by time.</summary>
    public DeliveryTimesRoot* Times;
}

/// <summary>
/// A consumer's block. Its tree has the IDs alone: the rest is in that of the group.
/// <code>| named 8 | seen 8 | active 8 | tree of what is pending 32 | name … |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ConsumerRoot
{
    public NamedBlock Named;
    public long SeenMs, ActiveMs;
    public IdTreeRoot Pending;
}

/// <summary>What a group's tree has with the ID of an entry that was delivered and not acknowledged.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct Delivery
{
    public const int Bytes = 24;

    /// <summary>When the entry was last delivered, Unix milliseconds.</summary>
    public long AtMs;

    /// <summary>How often.</summary>
    public long Count;

    /// <summary>To whom. A copy that a snapshot holds must not follow it: the consumer may be gone.</summary>
    public ConsumerRoot* To;
}

/// <summary>A consumer of a group, for reading. It lives until the stream is changed by somebody else than the call that has it.</summary>
public readonly unsafe struct StreamConsumer
{
    private readonly ConsumerRoot* _root;

    internal StreamConsumer(ConsumerRoot* root) => _root = root;

    internal ConsumerRoot* Root => _root;

    public bool Exists => _root != null;

    public ReadOnlySpan<byte> Name => NamedBlock.Name((byte*)_root);

    /// <summary>When it last asked for something, Unix milliseconds.</summary>
    public long SeenMs => _root->SeenMs;

    /// <summary>When it last got something; -1: never.</summary>
    public long ActiveMs => _root->ActiveMs;

    /// <summary>Entries that were delivered to it and not acknowledged.</summary>
    public long PendingCount => _root->Pending.Count;
}

/// <summary>
/// A consumer group of a stream, for reading: what was delivered up to which ID, to which consumers, and what of it is pending. Of <see cref="StreamGroups"/>.
/// </summary>
public readonly unsafe struct ConsumerGroup
{
    /// <summary>Of a counter of entries read that is not known.</summary>
    public const long Unknown = -1;

    private readonly GroupRoot* _root;
    private readonly bool _isFrozen;

    internal ConsumerGroup(GroupRoot* root, bool isFrozen)
    {
        _root = root;
        _isFrozen = isFrozen;
    }

    internal GroupRoot* Root => _root;

    public bool Exists => _root != null;

    public ReadOnlySpan<byte> Name => NamedBlock.Name((byte*)_root);

    /// <summary>Of the last entry that was delivered.</summary>
    public StreamId LastId => _root->LastId;

    /// <summary>How many entries of the stream were ever read, as if none had been left out; <see cref="Unknown"/>.</summary>
    public long EntriesRead => _root->EntriesRead;

    public long PendingCount => _root->Pending.Count;

    public int ConsumerCount => _root->Consumers.Count;

    /// <summary>In the order of names.</summary>
    public StreamConsumer ConsumerAt(int i) => new((ConsumerRoot*)_root->Consumers[i]);

    /// <summary>None, if there is none of the name.</summary>
    public StreamConsumer FindConsumer(ReadOnlySpan<byte> name)
    {
        var place = _root->Consumers.Find(name);
        return place < 0 ? default : ConsumerAt(place);
    }

    /// <summary>What is pending, from an ID on.</summary>
    public PendingEntries Pending(StreamId from) => new(_root, &_root->Pending, from, _isFrozen);

    /// <summary>What is pending at a consumer of the group.</summary>
    public PendingEntries Pending(StreamId from, StreamConsumer consumer) => new(_root, &consumer.Root->Pending, from, _isFrozen);

    /// <summary>The first and the last that is pending; there is something.</summary>
    public (StreamId First, StreamId Last) PendingRange => (IdCursor.First(&_root->Pending).Id, IdCursor.Last(&_root->Pending).Id);

    // ---- by the time of delivery; see ConsumerGroupEdit.KeepTimes

    /// <summary>When what has been pending for longest was delivered; false: nothing is pending.</summary>
    public bool TryFirstDelivery(out long ms) => DeliveryTimes.TryFirst(_root->Times, out ms);

    /// <inheritdoc cref="DeliveryTimes.CountUntil"/>
    public long CountDeliveredUntil(long ms, long max) => DeliveryTimes.CountUntil(_root->Times, ms, max);

    /// <inheritdoc cref="DeliveryTimes.CopyUntil"/>
    public int CopyDeliveredUntil(long ms, Span<StreamId> ids) => DeliveryTimes.CopyUntil(_root->Times, ms, ids);

    public bool TryPending(StreamId id, out PendingEntries entry)
    {
        entry = Pending(id);
        return entry.MoveNext() && entry.Id == id;
    }
}

/// <summary>Goes through what is pending, in the order of IDs. It ends with the next change of the group.</summary>
public unsafe struct PendingEntries
{
    private readonly GroupRoot* _group;
    private readonly bool _isOfConsumer, _isFrozen;
    private IdCursor _cursor;
    private bool _hasBegun;

    internal PendingEntries(GroupRoot* group, IdTreeRoot* tree, StreamId from, bool isFrozen)
    {
        _group = group;
        _isFrozen = isFrozen;
        _isOfConsumer = tree != &group->Pending;
        _cursor = IdCursor.Ceiling(tree, from);
    }

    public bool MoveNext()
    {
        if (_hasBegun && _cursor.IsValid) _cursor.MoveNext();
        _hasBegun = true;
        return _cursor.IsValid;
    }

    public readonly StreamId Id => _cursor.Id;

    /// <summary>Not of a group that a snapshot holds: that says the same with each consumer.</summary>
    public readonly StreamConsumer Consumer
    {
        get
        {
            Check.That(!_isFrozen);
            return new(Current.To);
        }
    }

    /// <inheritdoc cref="Delivery.AtMs"/>
    public readonly long DeliveredMs => Current.AtMs;

    /// <inheritdoc cref="Delivery.Count"/>
    public readonly long Deliveries => Current.Count;

    private readonly ref Delivery Current => ref *(Delivery*)(_isOfConsumer ? IdCursor.Find(&_group->Pending, _cursor.Id) : _cursor).Value;
}
