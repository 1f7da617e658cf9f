namespace Carnelian.Tests;

/// <summary>What those who listen hear of keys that change places, in which order.</summary>
[TestFixture(false)]
[TestFixture(true)]
public sealed class TransferTests(bool usesSlots)
{
    private KeyspaceRig _rig = null!;

    [SetUp]
    public void MakeRig() => _rig = new(usesSlots: usesSlots);

    [TearDown]
    public void DisposeRig() => _rig.Dispose();

    private TransferResult Move(string key, string newKey, int to = 0, bool replace = true)
    {
        var result = _rig.Keyspace.Move(_rig[0], _rig.Key(key), _rig[to], _rig.Key(newKey), replace, KeyspaceEvent.RenameFrom, KeyspaceEvent.RenameTo);
        _rig.Allocator.ReleaseRetired();
        return result;
    }

    private TransferResult Copy(string key, string newKey, int to = 0, bool replace = true)
    {
        var result = _rig.Keyspace.Copy(_rig[0], _rig.Key(key), _rig[to], _rig.Key(newKey), replace);
        _rig.Allocator.ReleaseRetired();
        return result;
    }

    private static byte[] Bytes(string text) => KeyspaceRig.Bytes(text);

    private void Prepare(string key, string value, int database = 0, long expiryMs = EntryView.NoExpiry)
    {
        _rig.Set(key, value, expiryMs, database);
        _rig.Heard.Take();
        _rig.Keyspace.Dirty = 0;
    }

    [Test]
    public void A_move_is_one_change_of_two_keys([Values] bool overExisting)
    {
        if (overExisting) Prepare("b", "old", 3);
        Prepare("a", "1");
        Assert.That(Move("a", "b", 3), Is.EqualTo(TransferResult.Done));
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "new/New 3 b", "modified 0 a", "modified 3 b", "rename_from/Generic 0 a", "rename_to/Generic 3 b" }));
        Assert.That(_rig.Keyspace.Dirty, Is.EqualTo(1));
        Assert.That((_rig[0].Data.Count, _rig[3].Data.Count), Is.EqualTo((0L, 1L)));
    }

    [Test]
    public void A_copy_is_a_change_of_the_target_alone([Values] bool overExisting)
    {
        if (overExisting) Prepare("b", "old");
        Prepare("a", "1", expiryMs: 9000);
        Assert.That(Copy("a", "b"), Is.EqualTo(TransferResult.Done));
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "new/New 0 b", "modified 0 b", "copy_to/Generic 0 b" }));
        Assert.That(_rig.Keyspace.Dirty, Is.EqualTo(1));
        Assert.That(_rig.Find("b").ExpiryMs, Is.EqualTo(9000));
        Assert.That(_rig[0].Data.Expiring, Is.EqualTo(2));
    }

    [Test]
    public void What_cannot_be_done_changes_nothing()
    {
        Prepare("b", "2");
        Prepare("a", "1");
        Assert.That(Move("a", "b", replace: false), Is.EqualTo(TransferResult.Occupied));
        Assert.That(Copy("a", "b", replace: false), Is.EqualTo(TransferResult.Occupied));
        Assert.That(Move("missing", "b"), Is.EqualTo(TransferResult.Missing));
        Assert.That(_rig.Heard.Take(), Is.Empty);
        Assert.That(Copy("missing", "b"), Is.EqualTo(TransferResult.Missing));
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "keymiss/KeyMiss 0 missing" }), "the source of a copy is read");
        Assert.That(_rig.Keyspace.Dirty, Is.Zero);
    }

    [Test]
    public void What_is_over_goes_first([Values] bool copies)
    {
        Prepare("b", "2", expiryMs: 1500);
        Prepare("a", "1");
        _rig.Keyspace.NowMs = 1501;
        Assert.That(copies ? Copy("a", "b", replace: false) : Move("a", "b", replace: false), Is.EqualTo(TransferResult.Done));
        Assert.That(_rig.Heard.Take()[..3], Is.EqualTo(new[] { "expired/Expired 0 b", "modified 0 b", "new/New 0 b" }));
    }

    /// <summary>Removing a key moves others of its bucket, so no place that was found before holds.</summary>
    [Test]
    public void Keys_of_one_bucket_change_places([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var model = new Dictionary<string, string>();
        for (var i = 0; i < 12; i++)
        {
            _rig.Set($"k{i}", $"{i}");
            model[$"k{i}"] = $"{i}";
        }
        for (var i = 0; i < 500; i++)
        {
            string from = $"k{random.Next(14)}", to = $"k{random.Next(14)}";
            if (from == to) continue;
            var copies = random.Next(2) == 0;
            var result = copies ? Copy(from, to) : Move(from, to);
            Assert.That(result, Is.EqualTo(model.ContainsKey(from) ? TransferResult.Done : TransferResult.Missing));
            if (result != TransferResult.Done) continue;
            model[to] = model[from];
            if (!copies) model.Remove(from);
            foreach (var (key, value) in model) Assert.That(KeyspaceRig.Text(_rig.Find(key).Value), Is.EqualTo(value));
            Assert.That(_rig[0].Data.Count, Is.EqualTo(model.Count));
        }
    }

    [Test]
    public void Collections_are_copied_whole()
    {
        _rig.Edit(Bytes("list")).Fill(3000, i => $"element {i}");
        var hash = _rig.Edit(Bytes("hash")).Hash();
        for (var i = 0; i < 3000; i++) hash.Set(Bytes($"field {i}"), Bytes($"value {i}"));
        hash.Changed(3000, null);
        Assert.That(Copy("list", "list2", 1), Is.EqualTo(TransferResult.Done));
        Assert.That(Copy("hash", "hash2", 1), Is.EqualTo(TransferResult.Done));
        _rig.Delete("list");
        _rig.Delete("hash");
        while (_rig.Keyspace.LazyFree.IsPending) _rig.Keyspace.LazyFree.Run(new Budget(100));
        var listCopy = _rig[1].Data.List(_rig.Kept("list2", 1));
        var hashCopy = _rig[1].Data.Fields(_rig.Kept("hash2", 1));
        Assert.That((listCopy.Count, hashCopy.Count), Is.EqualTo((3000L, 3000L)));
        for (var i = 0; i < 3000; i += 7)
        {
            Assert.That(KeyspaceRig.Text(listCopy[i].Text(new byte[20])), Is.EqualTo($"element {i}"));
            var name = Bytes($"field {i}");
            Assert.That(KeyspaceRig.Text(hashCopy.Find(name, hashCopy.Hash(name)).View.Value), Is.EqualTo($"value {i}"));
        }
    }

    [Test]
    public void Swapped_databases_exchange_keys_and_what_is_known_of_them()
    {
        Prepare("a", "1", 1, 9000);
        Prepare("b", "2", 2);
        _rig[1].Data.AverageTtlMs = 77;
        _rig.Keyspace.Swap(_rig[1], _rig[2]);
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "swapped 1 2" }));
        Assert.That(_rig.Find("a", 2).Exists && _rig.Find("b", 1).Exists);
        Assert.That((_rig[1].Data.Expiring, _rig[2].Data.Expiring), Is.EqualTo((0L, 1L)));
        Assert.That((_rig[1].Data.AverageTtlMs, _rig[2].Data.AverageTtlMs), Is.EqualTo((0L, 77L)));
        Assert.That(_rig.Keyspace.Dirty, Is.EqualTo(1));
        _rig.Keyspace.Swap(_rig[1], _rig[1]);
        Assert.That(_rig.Heard.Take(), Is.Empty);
        Assert.That(_rig.Keyspace.Dirty, Is.EqualTo(2), "told all the same");
    }

    [Test]
    public void Each_key_is_drawn_now_and_then()
    {
        for (var i = 0; i < 50; i++) _rig.Set($"k{i}");
        var drawn = new HashSet<string>();
        for (var i = 0; i < 5000; i++) drawn.Add(KeyspaceRig.Text(_rig.Keyspace.RandomKey(_rig[0]).Key));
        Assert.That(drawn, Has.Count.EqualTo(50));
        Assert.That(_rig.Keyspace.RandomKey(_rig[1]).Exists, Is.False);
    }

    [Test]
    public void Where_nothing_may_expire_a_key_that_is_over_is_drawn_in_the_end()
    {
        _rig.Set("a", expiryMs: 1500);
        _rig.Keyspace.NowMs = 2000;
        _rig.Keyspace.DefaultPolicy = ExpiryPolicy.Hide;
        Assert.That(_rig.Keyspace.RandomKey(_rig[0]).Exists);
        _rig.Set("lasting");
        for (var i = 0; i < 20; i++) Assert.That(KeyspaceRig.Text(_rig.Keyspace.RandomKey(_rig[0]).Key), Is.EqualTo("lasting"));
    }
}
