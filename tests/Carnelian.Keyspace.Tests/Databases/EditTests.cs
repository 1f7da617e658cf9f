namespace Carnelian.Tests;

[TestFixture(false)]
[TestFixture(true)]
public sealed class EditTests(bool usesSlots)
{
    private KeyspaceRig _rig = null!;

    [SetUp]
    public void MakeRig() => _rig = new(usesSlots: usesSlots);

    [TearDown]
    public void DisposeRig() => _rig.Dispose();

    [Test]
    public void First_write_of_a_key_is_new_and_touched_before_its_own_event()
    {
        _rig.Set("k");
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "new/New 0 k", "modified 0 k", "set/String 0 k" }));
        _rig.Set("k", "other", database: 3);
        _rig.Heard.Take();
        _rig.Set("k", "again", database: 3);
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "modified 3 k", "set/String 3 k" }));
        Assert.That(_rig.Keyspace.Dirty, Is.EqualTo(3));
        Assert.That(_rig.Find("k", 3).Value.SequenceEqual("again"u8));
        Assert.That(_rig.Find("k").Value.SequenceEqual("v"u8));
    }

    [Test]
    public void Every_kind_of_change_counts_touches_and_tells()
    {
        _rig.Set("k");
        _rig.Heard.Take();
        var edit = _rig.Edit("k"u8.ToArray());
        edit.Resize(5, ValueEncoding.Raw, KeyspaceEvent.Append).Fill((byte)'x');
        edit.SetExpiry(2000, KeyspaceEvent.Expire);
        edit.SetExpiry(EntryView.NoExpiry, null);
        Assert.That(edit.View.Value.SequenceEqual("xxxxx"u8));
        edit.Delete(KeyspaceEvent.Delete);
        Assert.That(edit.Exists, Is.False);
        edit.Write(ValueType.String, ValueEncoding.Raw, "w"u8, EntryView.NoExpiry, null);
        Assert.That(edit.Exists);
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[]
        {
            "modified 0 k", "append/String 0 k", "modified 0 k", "expire/Generic 0 k", "modified 0 k",
            "modified 0 k", "del/Generic 0 k", "new/New 0 k", "modified 0 k",
        }));
        Assert.That(_rig.Keyspace.Dirty, Is.EqualTo(6));
    }

    [Test]
    public void Resizing_and_overwriting_create_a_missing_key_and_overwriting_ends_an_expiry()
    {
        var edit = _rig.Edit("k"u8.ToArray());
        Assert.That(edit.Resize(3, ValueEncoding.Raw, null).SequenceEqual(new byte[3]));
        edit.SetExpiry(9000, null);
        _rig.Heard.Take();
        edit.Overwrite(2, ValueEncoding.Raw, KeyspaceEvent.Set).Fill((byte)'y');
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "modified 0 k", "set/String 0 k" }));
        Assert.That(_rig.Find("k").Expires, Is.False);
        Assert.That(_rig.Find("k").Value.SequenceEqual("yy"u8));
        edit = _rig.Edit("new"u8.ToArray());
        edit.Overwrite(1, ValueEncoding.Raw, KeyspaceEvent.Set).Clear();
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "new/New 0 new", "modified 0 new", "set/String 0 new" }));
        Assert.That(_rig.Keyspace.Dirty, Is.EqualTo(4));
    }

    [Test]
    public void The_end_of_a_lists_edit_raises_its_event_and_deletes_the_key_when_nothing_is_left([Values(4, 100)] int bytesMax)
    {
        _rig.Keyspace.Host.ListLimit = NodeLimit.OfBytes(bytesMax);
        var list = new ListEdit(_rig.Edit("k"u8.ToArray()));
        list.Append("element"u8.ToArray());
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "new/New 0 k" }));
        list.Announce(1, KeyspaceEvent.PushTail);
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "modified 0 k", "rpush/List 0 k" }));
        list.RemoveEnd(1, atHead: true);
        list.End(1, KeyspaceEvent.PopHead);
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "modified 0 k", "lpop/List 0 k", "del/Generic 0 k" }));
        Assert.That(_rig.Find("k").Exists, Is.False);
        Assert.That(_rig.Keyspace.Dirty, Is.EqualTo(2));
    }

    [Test]
    public void A_key_hidden_as_expired_is_resized_from_nothing()
    {
        _rig.Set("k", "old", expiryMs: 1500);
        _rig.Keyspace.DefaultPolicy = ExpiryPolicy.Hide;
        _rig.Keyspace.NowMs = 2000;
        var edit = _rig.Edit("k"u8.ToArray());
        Assert.That(edit.Resize(5, ValueEncoding.Raw, null).SequenceEqual(new byte[5]));
        Assert.That(edit.View.Expires, Is.False);
    }

    [Test]
    public void Of_another_encoding_nobody_hears()
    {
        _rig.Set("k", "12");
        _rig.Heard.Take();
        _rig.Edit("k"u8.ToArray()).Recode(ValueEncoding.Int);
        Assert.That(_rig.Heard.Take(), Is.Empty);
        Assert.That(_rig.Keyspace.Dirty, Is.EqualTo(1));
        Assert.That(_rig.Find("k").Encoding, Is.EqualTo(ValueEncoding.Int));
        Assert.That(_rig.Find("k").Value.SequenceEqual("12"u8));
    }

    [Test]
    public void Listener_hears_only_what_it_wants()
    {
        var other = new KeyspaceRig.Listener { Wants = KeyspaceEventClass.String };
        _rig.Keyspace.Attach(other);
        _rig.Set("k");
        Assert.That(other.Take(), Is.EqualTo(new[] { "set/String 0 k" }));
        other.Wants = KeyspaceEventClass.None;
        other.WantsModified = true;
        _rig.Keyspace.ListenersChanged();
        _rig.Delete("k");
        Assert.That(other.Take(), Is.EqualTo(new[] { "modified 0 k" }));
        _rig.Keyspace.Detach(other);
        _rig.Set("k");
        Assert.That(other.Take(), Is.Empty);
    }

    [Test]
    public void Reading_counts_hits_and_misses_and_freshens_but_looking_does_not_freshen()
    {
        _rig.Keyspace.Access.Advance(5000);
        _rig.Set("k");
        _rig.Heard.Take();
        _rig.Keyspace.Access.Advance(9000);
        Assert.That(_rig.FindUntouched("k").Access, Is.EqualTo(5));
        Assert.That(_rig.Find("k").Access, Is.EqualTo(9));
        Assert.That(_rig.Find("none").Exists, Is.False);
        Assert.That(_rig.FindUntouched("none").Exists, Is.False);
        Assert.That((_rig.Keyspace.Statistics.Hits, _rig.Keyspace.Statistics.Misses), Is.EqualTo((2L, 2L)));
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "keymiss/KeyMiss 0 none", "keymiss/KeyMiss 0 none" }));
        _rig.Keyspace.Statistics.Reset();
        Assert.That(_rig.Keyspace.Statistics.Hits + _rig.Keyspace.Statistics.Misses, Is.Zero);
    }

    [Test]
    public void Editing_freshens_a_key_also_where_its_value_is_not_written_anew()
    {
        _rig.Keyspace.Access.Advance(5000);
        _rig.Set("k");
        _rig.Keyspace.Access.Advance(9000);
        var edit = _rig.Edit("k"u8.ToArray());
        edit.Resize(3, ValueEncoding.Raw, KeyspaceEvent.Append);
        Assert.That(_rig.FindUntouched("k").Access, Is.EqualTo(9));
    }

    // ---- expiry

    [Test]
    public void Key_lives_through_its_last_millisecond([Values(ExpiryPolicy.Delete, ExpiryPolicy.Hide)] ExpiryPolicy policy)
    {
        _rig.Set("k", expiryMs: 1500);
        _rig.Keyspace.DefaultPolicy = policy;
        _rig.Keyspace.NowMs = 1500;
        Assert.That(_rig.Find("k").Exists);
        _rig.Keyspace.NowMs = 1501;
        Assert.That(_rig.Find("k").Exists, Is.False);
    }

    [Test]
    public void Master_deletes_what_it_finds_expired([Values("read", "look", "edit")] string how)
    {
        var sink = new KeyspaceRig.Sink(ChangeTargets.Replicas);
        _rig.Keyspace.Changes.Attach(sink);
        _rig.Set("k", expiryMs: 1500);
        _rig.Heard.Take();
        _rig.Keyspace.NowMs = 1501;
        var exists = how switch
        {
            "read" => _rig.Find("k").Exists,
            "look" => _rig.FindUntouched("k").Exists,
            _ => _rig.Edit("k"u8.ToArray()).Exists,
        };
        Assert.That(exists, Is.False);
        Assert.That(_rig.Kept("k").Exists, Is.False);
        var miss = how == "edit" ? Array.Empty<string>() : ["keymiss/KeyMiss 0 k"];
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "expired/Expired 0 k", "modified 0 k" }.Concat(miss)));
        Assert.That(_rig.Keyspace.Statistics.Expired, Is.EqualTo(1));
        Assert.That(_rig.Keyspace.Statistics.Misses, Is.EqualTo(miss.Length));
        _rig.Keyspace.Changes.Deliver();
        Assert.That(sink.Lines, Is.EqualTo(new[] { "0 All 0 DEL k" }));
    }

    [Test]
    public void Lazy_expiry_is_propagated_as_unlink()
    {
        var sink = new KeyspaceRig.Sink(ChangeTargets.AppendOnlyFile);
        _rig.Keyspace.Changes.Attach(sink);
        _rig.Keyspace.Options.LazyExpire = true;
        _rig.Set("k", expiryMs: 1500, database: 2);
        _rig.Keyspace.NowMs = 1501;
        _rig.FindUntouched("k", 2);
        _rig.Keyspace.Changes.Deliver();
        Assert.That(sink.Lines, Is.EqualTo(new[] { "0 All 2 UNLINK k" }));
    }

    [Test]
    public void Replica_hides_what_is_expired_and_keeps_it()
    {
        _rig.Set("k", expiryMs: 1500);
        _rig.Keyspace.DefaultPolicy = ExpiryPolicy.Hide;
        _rig.Keyspace.NowMs = 1501;
        _rig.Heard.Take();
        Assert.That(_rig.Find("k").Exists, Is.False);
        Assert.That(_rig.Edit("k"u8.ToArray()).Exists, Is.False);
        Assert.That(_rig.Kept("k").Exists);
        Assert.That(_rig.Keyspace.IsAlive(_rig.Kept("k")), Is.False);
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "keymiss/KeyMiss 0 k" }));
        Assert.That(_rig.Keyspace.Statistics.Expired, Is.Zero);
        Assert.That(new ActiveExpiry(_rig.Keyspace).Run(new Budget(1000)), Is.False);
        Assert.That(_rig.Kept("k").Exists);
    }

    [Test]
    public void Hidden_key_can_be_written_anew()
    {
        _rig.Set("k", expiryMs: 1500);
        _rig.Keyspace.DefaultPolicy = ExpiryPolicy.Hide;
        _rig.Keyspace.NowMs = 1501;
        _rig.Set("k", "new");
        Assert.That(_rig.Find("k").Value.SequenceEqual("new"u8));
        Assert.That(_rig[0].Data.Count, Is.EqualTo(1));
    }

    [Test]
    public void Loading_and_the_masters_link_see_what_is_expired()
    {
        _rig.Set("k", expiryMs: 1500);
        _rig.Keyspace.DefaultPolicy = ExpiryPolicy.Ignore;
        _rig.Keyspace.NowMs = 5000;
        Assert.That(_rig.Find("k").Exists);
        Assert.That(_rig.Edit("k"u8.ToArray()).Exists);
        Assert.That(_rig.Keyspace.IsAlive(_rig.Kept("k")));
    }

    // ---- a model

    [Test]
    public void Random_calls_agree_with_a_dictionary([Range(1, 6)] int seed)
    {
        var random = new Random(seed);
        var model = new Dictionary<(int, string), (string Value, long ExpiryMs)>();
        for (var i = 0; i < 4000; i++)
        {
            _rig.Keyspace.NowMs += random.Next(3);
            var place = (Database: random.Next(2), Key: $"key:{random.Next(i < 2000 ? 300 : 30)}");
            if (model.TryGetValue(place, out var expected) && expected.ExpiryMs >= 0 && _rig.Keyspace.NowMs > expected.ExpiryMs) model.Remove(place);
            var exists = model.TryGetValue(place, out expected);
            switch (random.Next(10))
            {
                case < 4:
                    var expiryMs = random.Next(2) == 0 ? _rig.Keyspace.NowMs + random.Next(2000) : EntryView.NoExpiry;
                    var value = new string((char)('a' + random.Next(26)), random.Next(random.Next(5) == 0 ? 3000 : 60));
                    _rig.Set(place.Key, value, expiryMs, place.Database);
                    model[place] = (value, expiryMs);
                    break;
                case < 7:
                    var view = _rig.Find(place.Key, place.Database);
                    Assert.That(view.Exists, Is.EqualTo(exists));
                    if (exists) Assert.That((KeyspaceRig.Text(view.Value), view.ExpiryMs), Is.EqualTo(expected));
                    break;
                case 7 when exists:
                    var edit = _rig.Edit(KeyspaceRig.Bytes(place.Key), place.Database);
                    edit.SetExpiry(EntryView.NoExpiry, KeyspaceEvent.Persist);
                    model[place] = expected with { ExpiryMs = EntryView.NoExpiry };
                    break;
                case 8 when random.Next(300) == 0:
                    _rig.Keyspace.Flush(_rig[place.Database], random.Next(2) == 0);
                    foreach (var key in model.Keys.Where(k => k.Item1 == place.Database).ToList()) model.Remove(key);
                    break;
                case > 7:
                    _rig.Delete(place.Key, place.Database);
                    model.Remove(place);
                    break;
            }
            _rig.Allocator.ReleaseRetired();
            _rig.Keyspace.LazyFree.Run(new Budget(1));
        }
        foreach (var (place, expected) in model)
        {
            var view = _rig.Find(place.Item2, place.Item1);
            if (expected.ExpiryMs < 0 || _rig.Keyspace.NowMs <= expected.ExpiryMs) Assert.That(KeyspaceRig.Text(view.Value), Is.EqualTo(expected.Value));
            else Assert.That(view.Exists, Is.False);
        }
    }
}
