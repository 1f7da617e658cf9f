namespace Carnelian.Tests;

[TestFixture(false)]
[TestFixture(true)]
public sealed class EvictionTests(bool usesSlots)
{
    private const int Keys = 2000;

    private KeyspaceRig _rig = null!;
    private Eviction _eviction = null!;

    private KeyspaceOptions Options => _rig.Keyspace.Options;

    private AccessClock Access => _rig.Keyspace.Access;

    [SetUp]
    public void MakeRig()
    {
        _rig = new(databases: usesSlots ? 1 : 4, usesSlots: usesSlots);
        _eviction = new(_rig.Keyspace);
    }

    [TearDown]
    public void DisposeRig() => _rig.Dispose();

    private void Use(EvictionPolicy policy)
    {
        Options.EvictionPolicy = policy;
        Access.Advance(0);
        _rig.Keyspace.ListenersChanged();
    }

    private EvictionOutcome Evict()
    {
        var outcome = _eviction.EvictOne();
        _rig.Allocator.ReleaseRetired();
        return outcome;
    }

    private void Evict(int count)
    {
        for (var i = 0; i < count; i++) Assert.That(Evict(), Is.EqualTo(EvictionOutcome.Evicted));
    }

    /// <summary>How many of the keys k0 to k(count - 1) are there.</summary>
    private int Left(int from, int to) => Enumerable.Range(from, to - from).Count(i => _rig.Kept($"k{i}").Exists);

    /// <summary>The first half of the keys is old, in the sense of the policy.</summary>
    private void FillHalfOld(EvictionPolicy policy)
    {
        Options.LfuDecayMinutes = 0;
        Use(policy);
        for (var i = 0; i < Keys; i++) _rig.Set($"k{i}", expiryMs: i < Keys / 2 ? 1_000_000 + i : 2_000_000 + i);
        if (policy.CountsUses()) for (var i = Keys / 2; i < Keys; i++) for (var n = 0; n < 40; n++) _rig.Find($"k{i}");
        Access.Advance(600_000);
        if (policy.IgnoresReads()) for (var i = Keys / 2; i < Keys; i++) _rig.Set($"k{i}", "w", 2_000_000);
        else if (!policy.CountsUses()) for (var i = Keys / 2; i < Keys; i++) _rig.Find($"k{i}");
        // Reading does not make fresh what only changes make so.
        if (policy.IgnoresReads()) for (var i = 0; i < Keys; i++) _rig.Find($"k{i}");
    }

    [Test]
    public void The_old_half_goes_first(
        [Values(
            EvictionPolicy.AllKeysLru, EvictionPolicy.AllKeysLfu, EvictionPolicy.AllKeysLrm, EvictionPolicy.VolatileLru, EvictionPolicy.VolatileLfu,
            EvictionPolicy.VolatileLrm, EvictionPolicy.VolatileTtl)]
        EvictionPolicy policy)
    {
        FillHalfOld(policy);
        Evict(Keys / 4);
        Assert.That(Left(0, Keys / 2), Is.LessThan(Keys / 4 + Keys / 50));
        Assert.That(Left(Keys / 2, Keys), Is.GreaterThan(Keys / 2 - Keys / 50));
        Assert.That(_rig.Keyspace.Statistics.Evicted, Is.EqualTo(Keys / 4));
    }

    [Test]
    public void Volatile_policies_leave_keys_alone_that_do_not_expire(
        [Values(EvictionPolicy.VolatileLru, EvictionPolicy.VolatileLfu, EvictionPolicy.VolatileLrm, EvictionPolicy.VolatileTtl, EvictionPolicy.VolatileRandom)]
        EvictionPolicy policy,
        [Values(1, 10, 500)] int expiring)
    {
        Options.LfuDecayMinutes = 0;
        Use(policy);
        for (var i = 0; i < Keys; i++) _rig.Set($"k{i}", expiryMs: i < expiring ? 1_000_000 : EntryView.NoExpiry);
        for (var evicted = 0; evicted < expiring;)
        {
            var outcome = Evict();
            Assert.That(outcome, Is.Not.EqualTo(EvictionOutcome.Exhausted));
            if (outcome == EvictionOutcome.Evicted) evicted++;
        }
        Assert.That(Evict(), Is.EqualTo(EvictionOutcome.Exhausted));
        Assert.That(Left(expiring, Keys), Is.EqualTo(Keys - expiring));
    }

    [Test]
    public void A_hash_whose_fields_expire_does_not_itself_expire([Values(EvictionPolicy.VolatileLru, EvictionPolicy.VolatileRandom)] EvictionPolicy policy)
    {
        Use(policy);
        var hash = _rig.Edit(KeyspaceRig.Bytes("h")).Hash();
        hash.Set(KeyspaceRig.Bytes("f"), KeyspaceRig.Bytes("v"));
        hash.AllowExpiry();
        hash.SetExpiry(KeyspaceRig.Bytes("f"), 1_000_000);
        hash.Changed(1, KeyspaceEvent.HashSet);
        _rig.Allocator.ReleaseRetired();
        Assert.That(Evict(), Is.EqualTo(EvictionOutcome.Exhausted));
    }

    [Test]
    public void Any_key_may_go_by_chance()
    {
        Use(EvictionPolicy.AllKeysRandom);
        for (var i = 0; i < Keys; i++) _rig.Set($"k{i}");
        Evict(Keys / 2);
        Assert.That(Left(0, Keys / 2), Is.EqualTo(Keys / 4).Within(Keys / 20));
        Evict(Keys / 2);
        Assert.That(Evict(), Is.EqualTo(EvictionOutcome.Exhausted));
    }

    [Test]
    public void Nothing_goes_by_the_standard_policy()
    {
        _rig.Set("k", expiryMs: 1_000_000);
        Assert.That(Evict(), Is.EqualTo(EvictionOutcome.Exhausted));
    }

    [Test]
    public void The_best_of_all_databases_goes()
    {
        if (usesSlots) Skip.Because("where there are slots there is one database");
        Use(EvictionPolicy.AllKeysLru);
        _rig.Set("old", database: 2);
        Access.Advance(100_000);
        for (var i = 0; i < 3; i++) _rig.Set("new", database: i == 2 ? 3 : i);
        Evict(1);
        Assert.That(_rig.Kept("old", 2).Exists, Is.False);
        Assert.That(_rig.Keyspace.Databases[3].Data.Count, Is.EqualTo(1));
    }

    [Test]
    public void What_has_been_used_since_it_was_drawn_stays()
    {
        Use(EvictionPolicy.AllKeysLru);
        for (var i = 0; i < 12; i++) _rig.Set($"k{i}");
        Access.Advance(100_000);
        // With so few keys all others are candidates now.
        Options.EvictionSamples = 64;
        Evict(1);
        var spared = Enumerable.Range(0, 12).First(i => _rig.Kept($"k{i}").Exists);
        Access.Advance(101_000);
        _rig.Find($"k{spared}");
        Evict(10);
        Assert.That(_rig.Kept($"k{spared}").Exists);
    }

    [Test]
    public void An_evicted_key_is_told_of_as_a_unit_of_its_own([Values] bool lazily)
    {
        Options.LazyEviction = lazily;
        Use(EvictionPolicy.VolatileTtl);
        var sink = new KeyspaceRig.Sink(ChangeTargets.All);
        _rig.Keyspace.Changes.Attach(sink);
        _rig.Set("a", expiryMs: 1_000_000);
        _rig.Set("b", expiryMs: 2_000_000);
        _rig.Heard.Take();
        Evict(2);
        _rig.Keyspace.Changes.Deliver();
        Assert.That(_rig.Heard.Take(), Is.EqualTo(new[] { "evicted/Evicted 0 a", "modified 0 a", "evicted/Evicted 0 b", "modified 0 b" }));
        var command = lazily ? "UNLINK" : "DEL";
        Assert.That(sink.Lines.Select(line => line[(line.IndexOf(' ') + 1)..]), Is.EqualTo(new[] { $"All 0 {command} a", $"All 0 {command} b" }));
        Assert.That(sink.Lines, Has.None.Contains("+"));
    }

    [Test]
    public void A_change_of_policy_forgets_what_was_drawn_by_the_old_one()
    {
        FillHalfOld(EvictionPolicy.AllKeysLru);
        Evict(1);
        Use(EvictionPolicy.VolatileTtl);
        for (var i = 0; i < Keys / 2; i++) if (_rig.Kept($"k{i}").Exists) _rig.Set($"k{i}", expiryMs: 9_000_000);
        Evict(Keys / 10);
        Assert.That(Left(0, Keys / 2), Is.GreaterThan(Keys / 2 - 1 - Keys / 50));
    }

    [Test]
    public void While_writes_are_paused_what_is_over_is_hidden_but_stays()
    {
        _rig.Set("k", expiryMs: 1500);
        _rig.Keyspace.NowMs = 2000;
        _rig.Keyspace.IsPaused = true;
        Assert.That(_rig.Find("k").Exists, Is.False);
        new ActiveExpiry(_rig.Keyspace).Run(new Budget(int.MaxValue));
        Assert.That(_rig.Kept("k").Exists);
        _rig.Keyspace.IsPaused = false;
        new ActiveExpiry(_rig.Keyspace).Run(new Budget(int.MaxValue));
        Assert.That(_rig.Kept("k").Exists, Is.False);
    }

    [Test]
    public void Keys_of_any_length_are_candidates()
    {
        Use(EvictionPolicy.AllKeysLru);
        var lengths = new[] { 1, 254, 255, 1024, 1025, 100_000 };
        foreach (var length in lengths) _rig.Set(new string('k', length));
        Evict(lengths.Length);
        Assert.That(_rig[0].Data.Count, Is.Zero);
    }
}
