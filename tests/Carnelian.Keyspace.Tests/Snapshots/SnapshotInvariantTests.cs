namespace Carnelian.Tests;

/// <summary>
/// Random calls between random slices of snapshots that follow one another, complete or aborted: every complete one shows its
/// cut exactly, whatever was rehashed, moved, flushed or overwritten meanwhile.
/// </summary>
[TestFixture(false)]
[TestFixture(true)]
public class SnapshotInvariantTests(bool usesSlots)
{
    private const int SeedsPerCase = 50, TurnsPerSeed = 500, KeyNames = 40;

    /// <summary>One seed in so many has enough keys for whole slabs to become sparse, so that defragmentation has much to move.</summary>
    private const int CrowdedSeeds = 25, CrowdedKeys = 800, UsualKeys = 60;


    private static readonly string[] _metEventually =
    [
        "complete", "abort", "sweep", "pre-image", "rehash", "held", "moved", "flush handed over", "full", "waited", "long string changed", "long field changed", "swap", "held one copied", "fields expired", "compressed node", "ListPack", "ListPackEx", "HashTable",
        "Set IntSet", "Set ListPack", "Set HashTable", "set stored", "SortedSet ListPack", "SortedSet SkipList", "held stream",
        "group added", "group destroyed", "consumer added", "consumer removed", "delivered", "redelivered", "claimed", "acknowledged", "pending removed",
    ];

    private static readonly string[] _metWithSlots = ["slot handed over", "attach refused", "attached meanwhile", "attached"];

    /// <summary>Where there are slots, some have many keys and some one.</summary>
    private string Name(string start, int number) => usesSlots && number % 2 == 0 ? $"{start}{number}{{{number % 8}}}" : start + number;

    [Test]
    public void Every_snapshot_shows_its_cut([Range(0, 4)] int group)
    {
        var seen = new Dictionary<string, long>();
        for (var seed = group * SeedsPerCase; seed < (group + 1) * SeedsPerCase; seed++)
        {
            try
            {
                foreach (var (name, times) in Run(seed)) seen[name] = seen.GetValueOrDefault(name) + times;
            }
            catch (Exception failure)
            {
                throw new AssertionException($"seed {seed}: {failure.Message}", failure);
            }
        }
        TestContext.Out.WriteLine(string.Join(", ", seen.Select(pair => $"{pair.Key} {pair.Value}")));
        Assert.That(seen.Keys, Is.SupersetOf(usesSlots ? [.. _metEventually, .. _metWithSlots] : _metEventually), "a run that never met these proves nothing about them");
    }

    private Dictionary<string, long> Run(int seed)
    {
        using var harness = new SnapshotHarness(seed, usesSlots);
        var chance = harness.Chance;
        // Some runs abort nearly always, so that marks run out; some never.
        var abortPercent = (seed % 3) switch { 0 => 0, 1 => 1, _ => 12 };
        for (var turn = 0; turn < TurnsPerSeed; turn++)
        {
            TurnOfSnapshot(harness, abortPercent);
            Change(harness, chance.Next(100), seed % CrowdedSeeds == 0 ? CrowdedKeys : UsualKeys);
            if (chance.Next(12) == 0) harness.Keyspace.LazyFree.Run(new Budget(chance.Next(1, 20)));
        }
        Finish(harness);
        Assert.That(harness.Contents(), Is.EqualTo(harness.Model()));
        harness.Count("pre-image", harness.Snapshots.Statistics.PreImages);
        return harness.Seen;
    }

    private static void TurnOfSnapshot(SnapshotHarness harness, int abortPercent)
    {
        var (snapshots, sink, chance) = (harness.Snapshots, harness.Sink, harness.Chance);
        if (chance.Next(2) == 0) sink.GiveBackOne();
        if (snapshots.IsIdle && chance.Next(4) == 0 && !snapshots.TryBegin(sink)) harness.Count("sweep");
        if (chance.Next(100) < abortPercent && snapshots.IsWalking)
        {
            snapshots.Abort();
            harness.Count("abort");
        }
        var wasComplete = sink.IsComplete;
        if (chance.Next(3) == 0) snapshots.Run(new Budget(chance.Next(1, 30)));
        if (wasComplete || !sink.IsComplete) return;
        harness.Count("complete");
        if (chance.Next(2) == 0) sink.AssertShowsTheCut();
    }

    private static void Finish(SnapshotHarness harness)
    {
        // An aborted snapshot or a sweep may be under way: the second round then is a complete one.
        for (var round = 0; round < 3; round++)
        {
            do harness.Sink.GiveBackAll();
            while (harness.Snapshots.Run(new Budget(100)) || !harness.Snapshots.IsIdle);
            if (harness.Sink.IsComplete) harness.Sink.AssertShowsTheCut();
            harness.Snapshots.TryBegin(harness.Sink);
        }
    }

    private void Change(SnapshotHarness harness, int kind, int many)
    {
        var chance = harness.Chance;
        var database = chance.Next(SnapshotHarness.Databases);
        var key = Name("k", chance.Next(KeyNames));
        if (harness.Snapshots.IsFull) harness.Count("full");
        if (harness.MustWait(database, key))
        {
            // The client is blocked; its call would come again when there is room.
            harness.Count("waited");
            return;
        }
        if (usesSlots && chance.Next(12) == 0) harness.Import(database, $"{{{chance.Next(4) * 2}}}");
        if (kind < 22) harness.Set(database, key, Value(chance), Expiry(harness));
        else if (kind < 28) harness.Delete(database, key);
        else if (kind < 33) harness.Expire(database, key, Expiry(harness));
        else if (kind < 38) harness.Append(database, key, Value(chance));
        else if (kind < 41) OverwriteWithin(harness, database, key);
        else if (kind < 44) harness.Move(database, key, chance.Next(SnapshotHarness.Databases), Name("k", chance.Next(KeyNames)));
        else if (kind < 49) harness.Copy(database, key, chance.Next(SnapshotHarness.Databases), Name("k", chance.Next(KeyNames)));
        else if (kind < 54) harness.ChangeScores(database, key, (ref set, model) => ChangeScores(chance, ref set, model));
        else if (kind < 58) ChangeStream(harness, database, key);
        else if (kind < 64) harness.ChangeList(database, key, (ref list, model) => ChangeList(chance, ref list, model));
        else if (kind < 70) harness.ChangeMembers(database, key, (ref set, model) => ChangeMembers(chance, ref set, model));
        else if (kind < 72) harness.StoreMembers(database, key, StoredName(harness, database));
        else if (kind < 84) harness.ChangeFields(database, key, (ref hash, model) => ChangeFields(harness, ref hash, model));
        else if (kind < 86) harness.AdvanceTime(chance.Next(100));
        else if (kind < 94) harness.Defragment(chance.Next(1, 30));
        else if (kind == 94 && usesSlots && chance.Next(2) == 0) harness.FlushSlot(database, key);
        else if (kind == 94) Flush(harness, database);
        else if (kind < 97) AddMany(harness, database, many);
        else RemoveMany(harness, database);
    }

    private static void Flush(SnapshotHarness harness, int database)
    {
        if (harness.Chance.Next(3) != 0)
        {
            if (harness.Snapshots.IsWalking) harness.Count("swap");
            harness.Swap(database, harness.Chance.Next(SnapshotHarness.Databases));
            return;
        }
        if (harness.Snapshots.IsWalking && harness.KeysOf(database).Length > 0) harness.Count("flush handed over");
        harness.Flush(database);
    }

    private static void OverwriteWithin(SnapshotHarness harness, int database, string key)
    {
        if (harness.Chance.Next(3) == 0) harness.Set(database, key, new byte[SnapshotHarness.LongBytes]);
        if (harness.Snapshots.IsWalking) harness.Count("long string changed");
        harness.SetRange(database, key, harness.Chance.Next(100), Value(harness.Chance));
    }

    /// <summary>Enough for a table to grow, and for slabs to become sparse when they go.</summary>
    private void AddMany(SnapshotHarness harness, int database, int many)
    {
        var start = harness.Chance.Next(1000);
        for (var i = start; i < start + many; i++)
        {
            if (!harness.MustWait(database, Name("many", i))) harness.Set(database, Name("many", i), [(byte)i]);
        }
    }

    private void RemoveMany(SnapshotHarness harness, int database)
    {
        foreach (var key in harness.KeysOf(database))
        {
            if (key.StartsWith('m') && harness.Chance.Next(10) != 0 && !harness.MustWait(database, key)) harness.Delete(database, key);
        }
    }

    private static void ChangeList(Random chance, ref ListEdit list, List<string> model)
    {
        for (var times = chance.Next(8) == 0 ? 120 : 2; times > 0; times--)
        {
            var value = Element(chance);
            var at = chance.Next(model.Count + 1);
            switch (chance.Next(model.Count == 0 ? 3 : 8))
            {
                case 0: list.Append(SnapshotHarness.Bytes(value)); model.Add(value); break;
                case 1: list.Prepend(SnapshotHarness.Bytes(value)); model.Insert(0, value); break;
                case 2 or 3: list.InsertAt(at, SnapshotHarness.Bytes(value)); model.Insert(at, value); break;
                case 4: list.RemoveAt(0); model.RemoveAt(0); break;
                case 5: list.RemoveAt(list.Count - 1); model.RemoveAt(model.Count - 1); break;
                case 6: list.RemoveAt(at % model.Count); model.RemoveAt(at % model.Count); break;
                default: list.SetAt(at % model.Count, SnapshotHarness.Bytes(value)); model[at % model.Count] = value; break;
            }
        }
    }

    /// <summary>A key that may be changed now.</summary>
    private string StoredName(SnapshotHarness harness, int database)
    {
        var name = Name("k", harness.Chance.Next(KeyNames));
        return harness.MustWait(database, name) ? "stored" : name;
    }

    private static void ChangeMembers(Random chance, ref SetEdit set, SortedSet<string> model)
    {
        var removes = chance.Next(4) == 0;
        var integersOnly = model.All(member => member[0] != 'm') && chance.Next(4) > 0;
        for (var times = chance.Next(6) == 0 ? 100 : 2; times > 0; times--)
        {
            var member = (integersOnly || chance.Next(3) == 0 ? "" : "m") + chance.Next(150);
            if (removes || chance.Next(5) == 0) Assert.That(set.Remove(SnapshotHarness.Bytes(member)), Is.EqualTo(model.Remove(member)));
            else
            {
                if (!set.Exists) set.Expect(SnapshotHarness.Bytes(member), 1);
                Assert.That(set.Add(SnapshotHarness.Bytes(member)), Is.EqualTo(model.Add(member)));
            }
        }
    }

    private static void ChangeScores(Random chance, ref SortedSetEdit set, SortedDictionary<string, string> model)
    {
        var removes = chance.Next(4) == 0;
        for (var times = chance.Next(6) == 0 ? 100 : 2; times > 0; times--)
        {
            var member = "m" + chance.Next(150);
            if (removes || chance.Next(5) == 0)
            {
                Assert.That(set.Remove(SnapshotHarness.Bytes(member)), Is.EqualTo(model.Remove(member)));
                continue;
            }
            double score = chance.Next(20);
            var expected = !model.TryGetValue(member, out var before) ? ScoreOutcome.Added : before == $"{score:R}" ? ScoreOutcome.Same : ScoreOutcome.Updated;
            Assert.That(set.Set(SnapshotHarness.Bytes(member), ref score), Is.EqualTo(expected));
            model[member] = $"{score:R}";
        }
    }

    /// <summary>A stream that there is, more often than not: what it has is to be changed while it is held.</summary>
    private static void ChangeStream(SnapshotHarness harness, int database, string key)
    {
        var chance = harness.Chance;
        var streams = harness.StreamsOf(database);
        if (streams.Length > 0 && chance.Next(4) != 0) key = streams[chance.Next(streams.Length)];
        if (harness.MustWait(database, key)) return;
        var isHeld = harness.IsHeld(database, key);
        if (chance.Next(3) == 0) harness.ChangeStream(database, key, (ref stream, model) => ChangeEntries(chance, ref stream, model.Entries!));
        else harness.ChangeStream(database, key, (ref stream, model) => ModelGroup.Change(chance, ref stream, model.Groups, CountHeld));

        void CountHeld(string name)
        {
            if (isHeld) harness.Count(name);
        }
    }

    private static void ChangeEntries(Random chance, ref StreamEdit stream, SortedDictionary<StreamId, string> model)
    {
        for (var times = chance.Next(8) == 0 ? 100 : 2; times > 0; times--)
        {
            if (model.Count == 0 || chance.Next(3) != 0)
            {
                Assert.That(stream.View.LastId.TryNext(out var id));
                var (name, value) = ($"f{chance.Next(3)}", Element(chance));
                Argument[] field = [new(0, name.Length), new(name.Length, value.Length)];
                stream.Append(id, new(SnapshotHarness.Bytes(name + value), field), 0, name.Length + value.Length);
                model.Add(id, $"{name}={value}");
            }
            else if (chance.Next(4) != 0)
            {
                var id = model.Keys.ElementAt(chance.Next(model.Count));
                Assert.That(stream.Delete(id));
                stream.EndDeletions();
                model.Remove(id);
            }
            else
            {
                var count = chance.Next(Math.Min(model.Count, 12));
                stream.Trim(new() { Strategy = StreamTrimStrategy.ByLength, LengthMax = model.Count - count });
                for (; count > 0; count--) model.Remove(model.Keys.First());
            }
        }
    }

    private static void ChangeFields(SnapshotHarness harness, ref HashEdit hash, SortedDictionary<string, string> model)
    {
        var chance = harness.Chance;
        var deletes = chance.Next(4) == 0;
        var expires = chance.Next(3) == 0;
        for (var times = chance.Next(6) == 0 ? 100 : 2; times > 0; times--)
        {
            var name = "f" + chance.Next(150);
            if (harness.Snapshots.IsWalking && model.GetValueOrDefault(name)?.Length > SnapshotHarness.LongBytes) harness.Count("long field changed");
            if (deletes || chance.Next(5) == 0)
            {
                Assert.That(hash.Delete(SnapshotHarness.Bytes(name)), Is.EqualTo(model.Remove(name)));
                continue;
            }
            var expiryMs = expires && chance.Next(2) == 0 ? harness.Keyspace.NowMs + chance.Next(1, 400) : EntryView.NoExpiry;
            if (chance.Next(4) == 0 && model.TryGetValue(name, out var text))
            {
                hash.SetExpiry(SnapshotHarness.Bytes(name), expiryMs);
                model[name] = SnapshotHarness.FieldText(text.Split('@')[0], expiryMs);
                continue;
            }
            var value = chance.Next(100) == 0 ? Element(chance).PadLeft(SnapshotHarness.LongBytes + chance.Next(2), 'z') : Element(chance);
            Assert.That(hash.Set(SnapshotHarness.Bytes(name), SnapshotHarness.Bytes(value), expiryMs), Is.EqualTo(!model.ContainsKey(name)));
            model[name] = SnapshotHarness.FieldText(value, expiryMs);
        }
    }

    private static string Element(Random chance) => chance.Next(3) switch
    {
        0 => chance.NextInt64(-(1L << chance.Next(1, 63)), 1L << chance.Next(1, 63)).ToString(),
        1 => new string('x', chance.Next(20)),
        _ => new string('y', chance.Next(30) == 0 ? 400 : chance.Next(90)),
    };

    private static byte[] Value(Random chance)
    {
        var value = new byte[chance.Next(40) switch { 0 => SnapshotHarness.LongBytes, < 4 => chance.Next(1000, 5000), _ => chance.Next(50) }];
        if (value.Length > 0) value[chance.Next(value.Length)] = (byte)chance.Next(256);
        return value;
    }

    private static long Expiry(SnapshotHarness harness) =>
        harness.Chance.Next(3) == 0 ? harness.Keyspace.NowMs + harness.Chance.Next(1, 1000) : EntryView.NoExpiry;
}
