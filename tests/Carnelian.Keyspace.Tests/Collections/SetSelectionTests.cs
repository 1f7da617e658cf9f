namespace Carnelian.Tests;

/// <summary>What several sets have in common, or a first one alone, and sets made of them, in checked memory against plain sets.</summary>
internal sealed class SetSelectionTests
{
    private readonly byte[] _digits = new byte[PackedElement.IntegerTextMax];

    [Test]
    public void Members_are_selected_as_from_plain_sets([Range(1, 60)] int seed)
    {
        var random = new Random(seed);
        using var rig = new KeyspaceRig((ulong)seed);
        rig.Keyspace.Host.SetLimit = new(random.Next(40), random.Next(40), 64);
        for (var round = 0; round < 20; round++)
        {
            var models = new List<HashSet<string>>();
            for (var i = random.Next(1, 5); i > 0; i--) models.Add(Make(rig, $"s{models.Count}", random));
            foreach (var isWanted in new[] { true, false })
            {
                var expected = models[0].Where(member => models.Skip(1).All(other => other.Contains(member) == isWanted)).ToList();
                AssertSelects(rig, models.Count, isWanted, expected, dropsEach: random.Next(2) == 0);
            }
            AssertUnites(rig, models);
            rig.Keyspace.Flush(null, background: false);
            rig.Allocator.ReleaseRetired();
        }
    }

    private static HashSet<string> Make(KeyspaceRig rig, string key, Random random)
    {
        var model = new HashSet<string>();
        var bytes = KeyspaceRig.Bytes(key);
        var set = new SetEdit(rig.Edit(bytes));
        var (many, isNumbers) = (1 << random.Next(1, 10), random.Next(3) == 0);
        for (var i = random.Next(1, many + 1); i > 0; i--)
        {
            var member = isNumbers || random.Next(3) == 0 ? $"{random.Next(many)}" : $"m{random.Next(many)}";
            if (!set.Exists) set.Expect(KeyspaceRig.Bytes(member), 1);
            Assert.That(set.Add(KeyspaceRig.Bytes(member)), Is.EqualTo(model.Add(member)));
        }
        set.Changed(1, null);
        rig.Allocator.ReleaseRetired();
        return model;
    }

    private void AssertSelects(KeyspaceRig rig, int sets, bool isWanted, List<string> expected, bool dropsEach)
    {
        var inputs = new EntryList();
        for (var i = 0; i < sets; i++) inputs.Add(rig.Find($"s{i}"));
        if (!isWanted) inputs.Add(rig.Find("missing"));
        var selection = new SetSelection(rig[0], inputs, isWanted, new FieldList());
        var selected = new List<string>();
        while (selection.Next())
        {
            if (!dropsEach) continue;
            for (var members = selection.Members; members.MoveNext();) selected.Add(KeyspaceRig.Text(members.Current.Text(_digits)));
            selection.Drop();
        }
        for (var members = selection.Members; members.MoveNext();) selected.Add(KeyspaceRig.Text(members.Current.Text(_digits)));
        Assert.That(selected, Is.EquivalentTo(expected));
        Assert.That(selection.Count, Is.EqualTo(dropsEach ? 0 : expected.Count));
        rig.Allocator.ReleaseRetired();
    }

    private void AssertUnites(KeyspaceRig rig, List<HashSet<string>> models)
    {
        var bytes = KeyspaceRig.Bytes("to");
        rig.Set("to", "in the way", expiryMs: 5000);
        rig.Heard.Take();
        var result = rig.Keyspace.NewSet();
        result.Begin(ValueEncoding.IntSet);
        var found = new FieldList();
        for (var i = 0; i < models.Count; i++) result.AddAll(new(rig[0].Data, rig.Find($"s{i}")), found);
        Assert.That(rig.Heard.Take(), Is.Empty);
        var key = rig.Edit(bytes);
        result.GiveTo(ref key, KeyspaceEvent.SetUnionStore);
        Assert.That(rig.Heard.Take(), Is.EqualTo(new[] { "modified 0 to", "sunionstore/Set 0 to" }));
        var view = rig.Find("to");
        Assert.That((view.Type, view.ExpiryMs), Is.EqualTo((ValueType.Set, EntryView.NoExpiry)));
        var members = new List<string>();
        for (var walk = new SetView(rig[0].Data, view).Walk(found); walk.MoveNext();) members.Add(KeyspaceRig.Text(walk.Current.Text(_digits)));
        Assert.That(members, Is.EquivalentTo(models.SelectMany(model => model).Distinct()));
        rig.Allocator.ReleaseRetired();
    }

    [Test]
    public void A_set_that_was_made_for_a_moment_leaves_nothing_behind()
    {
        using var rig = new KeyspaceRig();
        rig.Keyspace.NewSet().Discard();
        var before = rig.Allocator.UsedBytes;
        var set = rig.Keyspace.NewSet();
        set.Begin(ValueEncoding.HashTable, 1000);
        for (var i = 0; i < 1000; i++) set.Add(PackedElement.OfInteger(i));
        set.Discard();
        rig.Allocator.ReleaseRetired();
        Assert.That(rig.Keyspace.Host.FreesPending, Is.Zero);
        Assert.That(rig.Allocator.UsedBytes, Is.LessThanOrEqualTo(before + 64));
        Assert.That(rig.Heard.Take(), Is.Empty);
    }
}
