namespace Carnelian.Tests;

/// <summary>Random edits of sets of every form in checked memory, against a list that has the order and a rule that has the form.</summary>
internal sealed class SetEditModelTests
{
    private const string Key = "set";

    private KeyspaceRig _rig = null!;

    /// <summary>In the order in which they came; integers alone are shown ascending.</summary>
    private readonly List<string> _model = [];
    private readonly HashSet<ValueEncoding> _seen = [];
    private ValueEncoding _form;

    [SetUp]
    public void Start()
    {
        _model.Clear();
        _seen.Clear();
    }

    [TearDown]
    public void Stop() => _rig.Dispose();

    private SetLimit Limit => _rig.Keyspace.Host.SetLimit;

    [Test]
    public void Edits_do_what_they_do_to_a_list([Range(0, 59)] int seed)
    {
        _rig = new((ulong)seed);
        var random = new Random(seed);
        for (var turn = 0; turn < 400; turn++)
        {
            if (turn % 20 == 0) Forget(random);
            Change(random, integersOnly: turn / 20 % 3 == 0);
            _rig.Allocator.ReleaseRetired();
            while (_rig.Keyspace.Host.FreesPending > 0) _rig.Keyspace.Host.FreeSome();
            Verify(random);
        }
        Assert.That(_seen, Is.EquivalentTo(new[] { ValueEncoding.IntSet, ValueEncoding.ListPack, ValueEncoding.HashTable }));
    }

    private void Change(Random random, bool integersOnly)
    {
        var bytes = KeyspaceRig.Bytes(Key);
        var set = new SetEdit(_rig.Edit(bytes));
        var changes = 0;
        var removes = random.Next(4) == 0;
        for (var times = random.Next(1, random.Next(2, 12)); times > 0; times--)
        {
            var member = Text(random, integersOnly);
            if (removes || random.Next(6) == 0)
            {
                var isThere = _model.Remove(member);
                Assert.That(set.Remove(KeyspaceRig.Bytes(member)), Is.EqualTo(isThere));
                changes += isThere ? 1 : 0;
                continue;
            }
            if (!set.Exists) _form = Limit.Initial(KeyspaceRig.Bytes(member), 1);
            if (!set.Exists) set.Expect(KeyspaceRig.Bytes(member), 1);
            var isNew = !_model.Contains(member);
            if (isNew) Add(member);
            Assert.That(random.Next(2) == 0 ? set.Add(KeyspaceRig.Bytes(member)) : set.Add(PackedElement.Of(KeyspaceRig.Bytes(member))), Is.EqualTo(isNew));
            changes += isNew ? 1 : 0;
        }
        Assert.That(set.Count, Is.EqualTo(_model.Count));
        if (changes > 0) set.Changed(changes, KeyspaceEvent.SetAdd);
        set.DeleteIfEmpty();
        Assert.That(set.Exists, Is.EqualTo(_model.Count > 0));
    }

    /// <summary>Redis' rule of what the set becomes.</summary>
    private void Add(string member)
    {
        if (_form == ValueEncoding.IntSet && !IsInteger(member))
        {
            var longest = _model.Append("").Max(other => other.Length);
            _form = _model.Count < Limit.MembersMax && member.Length <= Limit.TextBytesMax && longest <= Limit.TextBytesMax ? ValueEncoding.ListPack : ValueEncoding.HashTable;
            _model.Sort((one, other) => long.Parse(one).CompareTo(long.Parse(other)));
        }
        else if (_form == ValueEncoding.ListPack && (_model.Count >= Limit.MembersMax || member.Length > Limit.TextBytesMax)) _form = ValueEncoding.HashTable;
        _model.Add(member);
        if (_form == ValueEncoding.IntSet && _model.Count > Limit.IntegersMax) _form = ValueEncoding.HashTable;
    }

    private static bool IsInteger(string text) => long.TryParse(text, out var number) && number.ToString() == text;

    private static string Text(Random random, bool integersOnly) => random.Next(12) switch
    {
        < 8 when integersOnly => random.NextInt64(-1L << random.Next(1, 63), 1L << random.Next(1, 63)).ToString(),
        _ when integersOnly => random.Next(-20, 20).ToString(),
        0 => new string('x', random.Next(90)),
        1 => "0" + random.Next(3),
        < 5 => random.Next(-20, 20).ToString(),
        _ => "m" + random.Next(30),
    };

    /// <summary>Deletes the set. Its successor has other limits.</summary>
    private void Forget(Random random)
    {
        _rig.Keyspace.Host.SetLimit = new(random.Next(3) switch { 0 => random.Next(4), 1 => 20, _ => 500 }, random.Next(3) switch { 0 => random.Next(4), _ => 40 }, random.Next(2) == 0 ? 10 : 64);
        _rig.Delete(Key);
        _model.Clear();
    }

    private void Verify(Random random)
    {
        var view = _rig.FindUntouched(Key);
        Assert.That(view.Exists, Is.EqualTo(_model.Count > 0));
        if (!view.Exists) return;
        Assert.That(view.Encoding, Is.EqualTo(_form));
        _seen.Add(view.Encoding);
        Assert.That(_rig[0].Data.SizeOf(view), Is.EqualTo(_model.Count));
        var set = new SetView(_rig[0].Data, view);
        Assert.That(set.Count, Is.EqualTo(_model.Count));
        var found = new List<string>();
        var scratch = new byte[PackedElement.IntegerTextMax];
        for (var walk = set.Walk(new FieldList()); walk.MoveNext();) found.Add(KeyspaceRig.Text(walk.Current.Text(scratch)));
        if (_form == ValueEncoding.ListPack) Assert.That(found, Is.EqualTo(_model));
        else if (_form == ValueEncoding.IntSet) Assert.That(found, Is.EqualTo(_model.OrderBy(long.Parse)));
        else Assert.That(found, Is.EquivalentTo(_model));
        var member = Text(random, random.Next(2) == 0);
        Assert.That(set.Contains(KeyspaceRig.Bytes(member)), Is.EqualTo(_model.Contains(member)));
        Assert.That(set.Contains(PackedElement.Of(KeyspaceRig.Bytes(member))), Is.EqualTo(_model.Contains(member)));
        Assert.That(_model, Does.Contain(KeyspaceRig.Text(set.Sample(_rig.Keyspace.Randomness.Next()).Text(scratch))));
    }
}
