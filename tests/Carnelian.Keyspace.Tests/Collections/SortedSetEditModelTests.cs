namespace Carnelian.Tests;

/// <summary>Random edits of sorted sets of both forms in checked memory, against a dictionary and a rule that has the form.</summary>
internal sealed class SortedSetEditModelTests
{
    private const string Key = "sorted";

    private KeyspaceRig _rig = null!;
    private readonly Dictionary<string, double> _model = [];
    private bool _isTable;

    [SetUp]
    public void Start() => _model.Clear();

    [TearDown]
    public void Stop() => _rig.Dispose();

    private SortedSetLimit Limit => _rig.Keyspace.Host.SortedSetLimit;

    private (string Member, double Score)[] Ordered =>
        [.. _model.Select(pair => (pair.Key, pair.Value)).OrderBy(pair => pair.Value).ThenBy(pair => pair.Key, StringComparer.Ordinal)];

    [Test]
    public void Edits_do_what_they_do_to_a_dictionary([Range(0, 39)] int seed)
    {
        _rig = new((ulong)seed);
        var random = new Random(seed);
        for (var turn = 0; turn < 400; turn++)
        {
            if (turn % 40 == 0) Forget(random);
            Change(random);
            _rig.Allocator.ReleaseRetired();
            while (_rig.Keyspace.Host.FreesPending > 0) _rig.Keyspace.Host.FreeSome();
            Verify(random);
        }
    }

    private void Forget(Random random)
    {
        _rig.Keyspace.Host.SortedSetLimit = new(random.Next(3) switch { 0 => random.Next(4), 1 => 20, _ => 500 }, random.Next(2) == 0 ? 10 : 64);
        _rig.Delete(Key);
        _model.Clear();
        _isTable = false;
    }

    private void Change(Random random)
    {
        var set = new SortedSetEdit(_rig.Edit(KeyspaceRig.Bytes(Key)));
        var changes = 0;
        for (var times = random.Next(1, 12); times > 0; times--)
        {
            var member = random.Next(12) == 0 ? new string('x', random.Next(90)) : random.Next(3) == 0 ? $"{random.Next(-9, 40)}" : $"m{random.Next(40)}";
            var isThere = _model.TryGetValue(member, out var before);
            switch (random.Next(8))
            {
                case 0:
                    Assert.That(set.Remove(KeyspaceRig.Bytes(member)), Is.EqualTo(_model.Remove(member)));
                    changes += isThere ? 1 : 0;
                    break;
                case 1 when _model.Count > 4:
                    var first = random.Next(_model.Count);
                    var ranks = new RankRange(first, random.Next(Math.Min(4, _model.Count - first)));
                    foreach (var (gone, _) in Ordered[(int)ranks.First..(int)ranks.End]) _model.Remove(gone);
                    set.Remove(ranks);
                    changes += (int)ranks.Count;
                    break;
                default:
                    changes += Put(random, ref set, member, isThere, before) ? 1 : 0;
                    break;
            }
        }
        if (changes > 0) set.Changed(changes, KeyspaceEvent.SortedSetAdd);
        Assert.That(set.Count, Is.EqualTo(_model.Count));
        if (set.DeleteIfEmpty()) _isTable = false;
    }

    private bool Put(Random random, ref SortedSetEdit set, string member, bool isThere, double before)
    {
        var conditions = (ScoreConditions)(random.Next(3) == 0 ? random.Next(32) : 0);
        var score = random.Next(3) == 0 ? random.NextDouble() * 100 - 50 : random.Next(5);
        var wanted = score + ((conditions & ScoreConditions.Increment) != 0 ? before : 0);
        var refused = isThere
            ? Has(ScoreConditions.IfMissing) || Has(ScoreConditions.IfGreater) && wanted <= before || Has(ScoreConditions.IfLess) && wanted >= before
            : Has(ScoreConditions.IfExists);
        var expected = refused ? ScoreOutcome.Refused : !isThere ? ScoreOutcome.Added : wanted == before ? ScoreOutcome.Same : ScoreOutcome.Updated;
        Assert.That(set.Set(KeyspaceRig.Bytes(member), ref score, conditions), Is.EqualTo(expected));
        if (refused) return false;
        Assert.That(score, Is.EqualTo(wanted));
        _isTable |= !isThere && (_model.Count >= Limit.MembersMax || member.Length > Limit.TextBytesMax);
        _model[member] = wanted;
        return expected != ScoreOutcome.Same;

        bool Has(ScoreConditions condition) => (conditions & condition) != 0;
    }

    private void Verify(Random random)
    {
        var view = _rig.FindUntouched(Key);
        Assert.That(view.Exists, Is.EqualTo(_model.Count > 0));
        if (!view.Exists) return;
        Assert.That(view.Encoding, Is.EqualTo(_isTable ? ValueEncoding.SkipList : ValueEncoding.ListPack));
        Assert.That(_rig[0].Data.SizeOf(view), Is.EqualTo(_model.Count));
        var set = new SortedSetView(_rig[0].Data, view);
        var ordered = Ordered;
        var found = new List<(string, double)>();
        var digits = new byte[PackedElement.IntegerTextMax];
        var backward = random.Next(2) == 0;
        for (var walk = set.From(backward ? set.Count - 1 : 0, backward); walk.MoveNext();) found.Add((KeyspaceRig.Text(walk.Member.Text(digits)), walk.Score));
        Assert.That(found, Is.EqualTo(backward ? ordered.Reverse() : ordered));
        var rank = random.Next(ordered.Length);
        Assert.That(set.RankOf(KeyspaceRig.Bytes(ordered[rank].Member), out var score), Is.EqualTo(rank));
        Assert.That(score, Is.EqualTo(ordered[rank].Score));
        var range = new ScoreRange(random.Next(-3, 5), random.Next(2) == 0, random.Next(-3, 9), random.Next(2) == 0);
        var inRange = ordered.Where(pair => range.Reaches(pair.Score) && range.Contains(pair.Score)).ToArray();
        var ranks = set.Range(range);
        Assert.That(ranks.Count, Is.EqualTo(inRange.Length));
        if (inRange.Length > 0) Assert.That(ordered[(int)ranks.First], Is.EqualTo(inRange[0]));
    }
}
