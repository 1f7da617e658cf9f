namespace Carnelian.Tests;

/// <summary>A consumer group in a model, and random changes of it.</summary>
internal sealed class ModelGroup
{
    private sealed record Consumer(long SeenMs, long ActiveMs)
    {
        public SortedSet<StreamId> Pending { get; } = [];
    }

    private readonly SortedDictionary<string, Consumer> _consumers = new(StringComparer.Ordinal);
    private readonly SortedDictionary<StreamId, (long Ms, long Count)> _pending = [];
    private StreamId _lastId;
    private long _read;

    /// <summary>What a group has, be it held by a snapshot.</summary>
    public static ModelGroup Of(ConsumerGroup group)
    {
        var model = new ModelGroup { _lastId = group.LastId, _read = group.EntriesRead };
        for (var pending = group.Pending(StreamId.Min); pending.MoveNext();) model._pending.Add(pending.Id, (pending.DeliveredMs, pending.Deliveries));
        for (var i = 0; i < group.ConsumerCount; i++)
        {
            var from = group.ConsumerAt(i);
            var consumer = model._consumers[SnapshotHarness.Text(from.Name)] = new(from.SeenMs, from.ActiveMs);
            for (var pending = group.Pending(StreamId.Min, from); pending.MoveNext();) consumer.Pending.Add(pending.Id);
            Assert.That(consumer.Pending, Has.Count.EqualTo(from.PendingCount));
        }
        Assert.That(model._pending, Has.Count.EqualTo(group.PendingCount));
        return model;
    }

    public ModelGroup Copy()
    {
        var copy = new ModelGroup { _lastId = _lastId, _read = _read };
        foreach (var (name, consumer) in _consumers) (copy._consumers[name] = new(consumer.SeenMs, consumer.ActiveMs)).Pending.UnionWith(consumer.Pending);
        foreach (var (id, delivery) in _pending) copy._pending.Add(id, delivery);
        return copy;
    }

    public override string ToString() =>
        $"up to {_lastId} read {_read} pending {string.Join(' ', _pending.Select(pending => $"{pending.Key} {pending.Value.Ms} {pending.Value.Count}"))} "
            + string.Join(' ', _consumers.Select(consumer => $"{consumer.Key} {consumer.Value.SeenMs} {consumer.Value.ActiveMs} has {string.Join(' ', consumer.Value.Pending)}"));

    /// <summary>Adds, removes and changes groups of a stream.</summary>
    /// <param name="count">Told of each event.</param>
    public static void Change(Random chance, ref StreamEdit stream, SortedDictionary<string, ModelGroup> models, Action<string> count)
    {
        for (var times = chance.Next(1, 12); times > 0; times--)
        {
            var name = "g" + chance.Next(2);
            if (!models.TryGetValue(name, out var model))
            {
                model = models[name] = new() { _lastId = new((ulong)chance.Next(9), 1), _read = chance.Next(-1, 9) };
                stream.AddGroup(SnapshotHarness.Bytes(name), model._lastId, model._read);
                count("group added");
            }
            else if (chance.Next(20) == 0)
            {
                stream.RemoveGroup(SnapshotHarness.Bytes(name));
                models.Remove(name);
                count("group destroyed");
            }
            else if (chance.Next(10) == 0) RemovePending(chance, ref stream, models, count);
            else model.Change(chance, stream.EditGroup(SnapshotHarness.Bytes(name)), count);
        }
    }

    private static void RemovePending(Random chance, ref StreamEdit stream, SortedDictionary<string, ModelGroup> models, Action<string> count)
    {
        var id = DrawId(chance);
        var wasPending = false;
        foreach (var model in models.Values) wasPending |= model.Remove(id);
        Assert.That(stream.RemovePending(id), Is.EqualTo(wasPending));
        if (wasPending) count("pending removed");
    }

    private static StreamId DrawId(Random chance) => new((ulong)chance.Next(250), (ulong)chance.Next(2));

    private void Change(Random chance, ConsumerGroupEdit group, Action<string> count)
    {
        var name = "c" + chance.Next(3);
        var consumer = group.View.FindConsumer(SnapshotHarness.Bytes(name));
        Assert.That(consumer.Exists, Is.EqualTo(_consumers.ContainsKey(name)));
        if (!consumer.Exists)
        {
            consumer = group.AddConsumer(SnapshotHarness.Bytes(name), 7);
            _consumers[name] = new(7, -1);
            count("consumer added");
        }
        else if (chance.Next(12) == 0)
        {
            group.RemoveConsumer(consumer);
            foreach (var id in _consumers[name].Pending) _pending.Remove(id);
            _consumers.Remove(name);
            count("consumer removed");
            return;
        }
        if (chance.Next(4) == 0) group.KeepTimes();
        for (var times = chance.Next(8) == 0 ? 200 : chance.Next(8); times > 0; times--) Change(chance, group, consumer, name, count);
        group.SetPosition(_lastId = DrawId(chance), _read = chance.Next(-1, 9));
        group.SetSeen(consumer, chance.Next());
        group.SetActive(consumer, chance.Next());
        var before = _consumers[name].Pending;
        (_consumers[name] = new(consumer.SeenMs, consumer.ActiveMs)).Pending.UnionWith(before);
    }

    private void Change(Random chance, ConsumerGroupEdit group, StreamConsumer consumer, string name, Action<string> count)
    {
        var id = DrawId(chance);
        var wasPending = _pending.TryGetValue(id, out var delivery);
        if (chance.Next(3) == 0)
        {
            Assert.That(group.Acknowledge(id), Is.EqualTo(Remove(id)));
            if (wasPending) count("acknowledged");
            return;
        }
        if (wasPending && chance.Next(2) == 0)
        {
            var now = chance.Next();
            group.Redeliver(id, now);
            _pending[id] = (now, delivery.Count + 1);
            count("redelivered");
            return;
        }
        Remove(id);
        _pending[id] = (chance.Next(), chance.Next());
        _consumers[name].Pending.Add(id);
        group.Assign(id, consumer, _pending[id].Ms, _pending[id].Count);
        count(wasPending ? "claimed" : "delivered");
    }

    private bool Remove(StreamId id)
    {
        foreach (var consumer in _consumers.Values) consumer.Pending.Remove(id);
        return _pending.Remove(id);
    }
}
