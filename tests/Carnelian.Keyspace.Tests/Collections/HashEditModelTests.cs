namespace Carnelian.Tests;

/// <summary>Random edits of hashes of every form in checked memory, against a dictionary.</summary>
internal sealed class HashEditModelTests
{
    private const string Key = "hash";

    private KeyspaceRig _rig = null!;
    private readonly Dictionary<string, (string Value, long ExpiryMs)> _model = [];
    private readonly HashSet<ValueEncoding> _seen = [];

    [SetUp]
    public void Start()
    {
        _model.Clear();
        _seen.Clear();
    }

    [TearDown]
    public void Stop() => _rig.Dispose();

    [Test]
    public void Edits_do_what_they_do_to_a_dictionary([Range(0, 39)] int seed)
    {
        _rig = new((ulong)seed);
        var random = new Random(seed);
        for (var turn = 0; turn < 400; turn++)
        {
            Change(random);
            _rig.Allocator.ReleaseRetired();
            if (random.Next(10) == 0) Advance(random.Next(300));
            if (turn % 20 == 0) Forget(random);
            Verify(random);
        }
        Assert.That(_seen, Is.SupersetOf(new[] { ValueEncoding.ListPack, ValueEncoding.ListPackEx, ValueEncoding.HashTable }));
    }

    private void Change(Random random)
    {
        var hash = _rig.Edit(KeyspaceRig.Bytes(Key)).Hash();
        var expires = random.Next(3) == 0;
        var changes = random.Next(4) == 0 ? SetMany(random, ref hash) : 0;
        for (var times = random.Next(1, random.Next(2, 30)); times > 0; times--) changes += ChangeOne(random, ref hash, expires) ? 1 : 0;
        if (changes > 0) hash.Changed(changes, KeyspaceEvent.HashSet);
        else hash.Settle();
        Assert.That(hash.Count, Is.EqualTo(_model.Count));
        hash.DeleteIfEmpty();
        Assert.That(hash.Exists, Is.EqualTo(_model.Count > 0));
    }

    /// <summary>Names may occur twice.</summary>
    private int SetMany(Random random, scoped ref HashEdit hash)
    {
        var request = new List<byte>();
        var items = new List<Argument>();
        var created = 0;
        var fields = random.Next(1, 30);
        for (var i = 0; i < fields; i++)
        {
            string name = Text(random, "f"), value = Text(random, "v");
            if (!_model.ContainsKey(name)) created++;
            _model[name] = (value, EntryView.NoExpiry);
            foreach (var text in (string[])[name, value])
            {
                items.Add(new(request.Count, text.Length));
                request.AddRange(KeyspaceRig.Bytes(text));
            }
        }
        Assert.That(hash.SetAll(new(request.ToArray(), items.ToArray()), 0), Is.EqualTo(created));
        return fields;
    }

    private bool ChangeOne(Random random, scoped ref HashEdit hash, bool expires)
    {
        var name = Text(random, "f");
        var bytes = KeyspaceRig.Bytes(name);
        var isThere = _model.TryGetValue(name, out var present);
        var expiryMs = expires && random.Next(2) == 0 ? _rig.Keyspace.NowMs + random.Next(1, 2000) : EntryView.NoExpiry;
        switch (random.Next(8))
        {
            case 0 or 1:
                Assert.That(hash.Delete(bytes), Is.EqualTo(_model.Remove(name)));
                return isThere;
            case 2 when isThere:
                hash.SetExpiry(bytes, expiryMs);
                _model[name] = present with { ExpiryMs = expiryMs };
                return true;
            case 3:
            {
                var value = Text(random, "v");
                Assert.That(hash.Set(bytes, KeyspaceRig.Bytes(value), HashEdit.KeepsExpiry), Is.EqualTo(!isThere));
                _model[name] = (value, isThere ? present.ExpiryMs : EntryView.NoExpiry);
                return true;
            }
            case 4:
                if (random.Next(5) == 0) hash.AllowExpiry();
                return random.Next(20) == 0 && DeleteAll(ref hash);
            default:
            {
                var value = Text(random, "v");
                Assert.That(hash.Set(bytes, KeyspaceRig.Bytes(value), expiryMs), Is.EqualTo(!isThere));
                _model[name] = (value, expiryMs);
                return true;
            }
        }
    }

    /// <summary>Fields may be set anew before the key is deleted for having none.</summary>
    private bool DeleteAll(scoped ref HashEdit hash)
    {
        foreach (var name in _model.Keys) Assert.That(hash.Delete(KeyspaceRig.Bytes(name)));
        _model.Clear();
        return true;
    }

    /// <summary>Short, a number, long.</summary>
    private static string Text(Random random, string prefix) => random.Next(12) switch
    {
        0 => new string('x', random.Next(300)) + random.Next(3),
        < 5 => random.Next(-20, 20).ToString(),
        _ => prefix + random.Next(30),
    };

    /// <summary>What the active expiry deletes is what is over.</summary>
    private void Advance(int milliseconds)
    {
        _rig.Keyspace.NowMs += milliseconds;
        var expiry = new ActiveExpiry(_rig.Keyspace);
        while (expiry.Run(new Budget(1000)))
        {
        }
        foreach (var (name, field) in _model.ToArray())
        {
            if (field.ExpiryMs != EntryView.NoExpiry && field.ExpiryMs < _rig.Keyspace.NowMs) _model.Remove(name);
        }
    }

    /// <summary>Deletes the hash. Its successor has other limits.</summary>
    private void Forget(Random random)
    {
        _rig.Keyspace.Host.HashLimit = new(random.Next(3) switch { 0 => random.Next(4), 1 => 40, _ => 500 }, random.Next(2) == 0 ? 40 : 400);
        _rig.Delete(Key);
        _model.Clear();
    }

    private void Verify(Random random)
    {
        var view = _rig.FindUntouched(Key);
        var expiring = _model.Values.Count(field => field.ExpiryMs != EntryView.NoExpiry);
        Assert.That(_rig[0].Data.FieldsExpiring, Is.EqualTo(expiring > 0 ? 1 : 0));
        Assert.That(view.Exists, Is.EqualTo(_model.Count > 0));
        if (!view.Exists) return;
        _seen.Add(view.Encoding);
        Assert.That(view.FieldsExpire, Is.EqualTo(expiring > 0));
        Assert.That(_rig[0].Data.SizeOf(view), Is.EqualTo(_model.Count));
        var hash = new HashView(_rig.Keyspace, _rig[0], view);
        Assert.That((hash.Count, hash.CountAlive), Is.EqualTo((_model.Count, _model.Count)));
        var found = new Dictionary<string, (string, long)>();
        var scratch = new byte[PackedElement.IntegerTextMax];
        for (var walk = hash.Walk(new FieldList()); walk.MoveNext();)
        {
            var field = walk.Current;
            found.Add(KeyspaceRig.Text(field.Name.Text(scratch)), (KeyspaceRig.Text(field.Value.Text(scratch)), field.ExpiryMs));
        }
        Assert.That(found, Is.EquivalentTo(_model));
        var name = Text(random, "f");
        Assert.That(hash.Find(KeyspaceRig.Bytes(name)).Exists, Is.EqualTo(_model.ContainsKey(name)));
    }
}
