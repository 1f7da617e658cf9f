namespace Carnelian;

/// <summary>A consumer group while it is being changed. Whoever has it has told the snapshot before, and announces the changes afterwards.</summary>
public readonly unsafe struct ConsumerGroupEdit
{
    private readonly GroupRoot* _root;
    private readonly TableHost _host;

    internal ConsumerGroupEdit(GroupRoot* root, TableHost host)
    {
        _root = root;
        _host = host;
    }

    public bool Exists => _root != null;

    /// <summary>The present state.</summary>
    public ConsumerGroup View => new(_root, isFrozen: false);

    private IdTree Pending => new(&_root->Pending, _host);

    private DeliveryTimes Times => new(_root->Times, _host);

    private IdTree PendingOf(ConsumerRoot* consumer) => new(&consumer->Pending, _host);

    public void SetPosition(StreamId lastId, long entriesRead)
    {
        _root->LastId = lastId;
        _root->EntriesRead = entriesRead;
    }

    // ---- consumers

    /// <summary>Adds a consumer of a name that there is not.</summary>
    public StreamConsumer AddConsumer(ReadOnlySpan<byte> name, long nowMs)
    {
        var consumer = (ConsumerRoot*)NamedBlock.Create(_host.Allocator, sizeof(ConsumerRoot), name);
        consumer->SeenMs = nowMs;
        consumer->ActiveMs = -1;
        consumer->Pending = new(0);
        var place = _root->Consumers.Find(name);
        Check.That(place < 0);
        _root->Consumers.Insert(~place, (byte*)consumer, _host.Allocator);
        return new(consumer);
    }

    /// <summary>Removes a consumer and all that is pending at it: as many steps, as in Redis.</summary>
    public void RemoveConsumer(StreamConsumer consumer)
    {
        var root = consumer.Root;
        if (root->Pending.Count == _root->Pending.Count)
        {
            FreeAll(&_root->Pending);
            Times.FreeSome(int.MaxValue);
            _root->Times = null;
        }
        Delivery delivery;
        for (var at = IdCursor.First(&root->Pending); at.IsValid && _root->Pending.Count > 0; at.MoveNext())
        {
            Check.That(Pending.Remove(at.Id, &delivery));
            Times.Remove(delivery.AtMs, at.Id);
        }
        FreeAll(&root->Pending);
        _root->Consumers.Remove(_root->Consumers.Find(consumer.Name));
        _host.Allocator.Retire((byte*)root, NamedBlock.Bytes((byte*)root), Purpose.Collections);
    }

    private void FreeAll(IdTreeRoot* tree)
    {
        var position = StreamId.Min;
        while (!new IdTree(tree, _host).FreeSome(ref position, int.MaxValue))
        {
        }
        tree->Clear();
    }

    public void SetSeen(StreamConsumer consumer, long nowMs) => consumer.Root->SeenMs = nowMs;

    public void SetActive(StreamConsumer consumer, long nowMs) => consumer.Root->ActiveMs = nowMs;

    // ---- what is pending

    /// <summary>Keeps what is pending by the time of delivery too, from now on. The first time this costs as many steps as there are.</summary>
    public void KeepTimes()
    {
        if (_root->Times == null) _root->Times = DeliveryTimes.Create(&_root->Pending, _host);
    }

    /// <summary>Makes an entry pending at a consumer, if it is not, whoever had it.</summary>
    public void Assign(StreamId id, StreamConsumer consumer, long deliveredMs, long deliveries)
    {
        var delivery = (Delivery*)Pending.GetOrAdd(id, out var isAdded);
        var before = isAdded ? null : delivery->To;
        if (!isAdded) Times.Remove(delivery->AtMs, id);
        Times.Add(deliveredMs, id);
        *delivery = new() { AtMs = deliveredMs, Count = deliveries, To = consumer.Root };
        if (before == consumer.Root) return;
        if (before != null) Check.That(PendingOf(before).Remove(id));
        PendingOf(consumer.Root).GetOrAdd(id, out isAdded);
        Check.That(isAdded);
    }

    /// <summary>Makes an entry pending at nobody yet, as files have it; <see cref="TryOwn"/> is to follow. False if it is pending already.</summary>
    public bool TryAddUnowned(StreamId id, long deliveredMs, long deliveries)
    {
        var delivery = (Delivery*)Pending.GetOrAdd(id, out var isAdded);
        if (isAdded) *delivery = new() { AtMs = deliveredMs, Count = deliveries };
        return isAdded;
    }

    /// <summary>Gives a pending entry that nobody has to a consumer; false if there is none.</summary>
    public bool TryOwn(StreamId id, StreamConsumer consumer)
    {
        if (!Pending.TryEdit(id, out var value) || ((Delivery*)value)->To != null) return false;
        ((Delivery*)value)->To = consumer.Root;
        PendingOf(consumer.Root).GetOrAdd(id, out _);
        return true;
    }

    /// <summary>A pending entry was delivered to the same consumer once more.</summary>
    public void Redeliver(StreamId id, long nowMs)
    {
        Check.That(Pending.TryEdit(id, out var value));
        Times.Remove(((Delivery*)value)->AtMs, id);
        Times.Add(nowMs, id);
        ((Delivery*)value)->AtMs = nowMs;
        ((Delivery*)value)->Count++;
    }

    /// <summary>An entry is no longer pending; false if it was not.</summary>
    public bool Acknowledge(StreamId id)
    {
        Delivery delivery;
        if (!Pending.Remove(id, &delivery)) return false;
        Times.Remove(delivery.AtMs, id);
        Check.That(PendingOf(delivery.To).Remove(id));
        return true;
    }
}
