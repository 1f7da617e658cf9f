namespace Carnelian.Tests;

public sealed class SnapshotObserverTests
{
    private sealed class Observer : ISnapshotObserver
    {
        public List<string> Saved { get; } = [];

        public bool TakesTables { get; init; }

        public List<Dataset> Taken { get; } = [];

        public void OnChanging(Database database, EntryView entry) =>
            Saved.Add($"{database.Number} {KeyspaceRig.Text(entry.Key)}={KeyspaceRig.Text(entry.Value)} {entry.ExpiryMs}");

        public void OnChanging(FieldTable fields, FieldView field) => Saved.Add($"field {KeyspaceRig.Text(field.Name)}={KeyspaceRig.Text(field.Value)}");

        public bool Walks(Dataset data) => false;

        public bool OnDiscarding(Database database, Dataset data)
        {
            if (TakesTables) Taken.Add(data);
            return TakesTables;
        }
    }

    private static Observer Begin(KeyspaceRig rig, bool takesTables = false)
    {
        var observer = new Observer { TakesTables = takesTables };
        rig.Keyspace.Host.Mark++;
        rig.Keyspace.Snapshot = observer;
        return observer;
    }

    [Test]
    public void Each_kind_of_change_is_announced_before_it_and_only_the_first([Values("write", "write longer", "resize", "overwrite", "recode", "expire", "delete")] string first)
    {
        using var rig = new KeyspaceRig();
        rig.Set("k", "old");
        var observer = Begin(rig);
        var edit = rig.Edit("k"u8.ToArray());
        switch (first)
        {
            case "write": edit.Write(ValueType.String, ValueEncoding.Raw, "new"u8, EntryView.NoExpiry, null); break;
            case "write longer": edit.Write(ValueType.String, ValueEncoding.Raw, new byte[5000], EntryView.NoExpiry, null); break;
            case "resize": edit.Resize(4, ValueEncoding.Raw, KeyspaceEvent.Append).Fill(1); break;
            case "overwrite": edit.Overwrite(4, ValueEncoding.Raw, null).Fill(1); break;
            case "recode": edit.Recode(ValueEncoding.Int); break;
            case "expire": edit.SetExpiry(9000, null); break;
            default: edit.Delete(KeyspaceEvent.Delete); break;
        }
        Assert.That(observer.Saved, Is.EqualTo(new[] { "0 k=old -1" }));
        rig.Set("k", "a");
        rig.Set("k", "b", 5000);
        rig.Delete("k");
        rig.Set("k", "c");
        rig.Delete("k");
        Assert.That(observer.Saved, Has.Count.EqualTo(1));
    }

    [Test]
    public void New_keys_and_marked_keys_are_not_announced()
    {
        using var rig = new KeyspaceRig();
        rig.Set("saved", "1");
        var observer = Begin(rig);
        var saved = rig.Kept("saved");
        saved.Mark = rig.Keyspace.Host.Mark; // what the walk does
        rig.Set("saved", "2");
        rig.Set("new", "3");
        rig.Set("new", "4", 2000);
        rig.Delete("new");
        Assert.That(observer.Saved, Is.Empty);
    }

    [Test]
    public void Expiry_is_a_change_by_lookup_and_by_the_active_cycle()
    {
        using var rig = new KeyspaceRig();
        rig.Set("a", "1", 1500);
        rig.Set("b", "2", 1500);
        var observer = Begin(rig);
        rig.Keyspace.NowMs = 2000;
        rig.FindUntouched("a");
        new ActiveExpiry(rig.Keyspace).Run(new Budget(100));
        Assert.That(observer.Saved, Is.EqualTo(new[] { "0 a=1 1500", "0 b=2 1500" }));
        Assert.That(rig[0].Data.Count, Is.Zero);
    }

    [Test]
    public void Reading_announces_nothing()
    {
        using var rig = new KeyspaceRig();
        rig.Set("k");
        var observer = Begin(rig);
        rig.Keyspace.Access.Advance(99_000);
        rig.Find("k");
        _ = rig.Edit("k"u8.ToArray());
        Assert.That(observer.Saved, Is.Empty);
        Assert.That(rig.Kept("k").Mark, Is.Not.EqualTo(rig.Keyspace.Host.Mark));
    }

    [Test]
    public void Observer_may_take_flushed_tables_over([Values] bool background)
    {
        using var rig = new KeyspaceRig();
        rig.Set("k", "kept");
        var observer = Begin(rig, takesTables: true);
        rig.Keyspace.Flush(null, background);
        Assert.That(rig.Keyspace.LazyFree.IsPending, Is.False);
        var data = observer.Taken.Single();
        Assert.That(data.TableOf(0).Find("k"u8, rig.Key("k").Hash).View.Value.SequenceEqual("kept"u8));
        data.Tables.Disposal.Finish();
    }
}
