namespace Carnelian.Tests;

public sealed class AccessClockTests
{
    private KeyspaceRig _rig = null!;

    private AccessClock Access => _rig.Keyspace.Access;

    [SetUp]
    public void MakeRig() => _rig = new();

    [TearDown]
    public void DisposeRig() => _rig.Dispose();

    private void UseLfu(int logFactor = 10, int decayMinutes = 1)
    {
        _rig.Keyspace.Options.EvictionPolicy = EvictionPolicy.AllKeysLfu;
        _rig.Keyspace.Options.LfuLogFactor = logFactor;
        _rig.Keyspace.Options.LfuDecayMinutes = decayMinutes;
        Access.Advance(0);
    }

    [Test]
    public void Idle_time_survives_the_wrap_of_its_24_bits()
    {
        const long wrapMs = (1L << 24) * 1000;
        Access.Advance(wrapMs - 5000);
        _rig.Set("k");
        Access.Advance(wrapMs + 5000);
        Assert.That(Access.IdleMs(_rig.FindUntouched("k")), Is.InRange(9000, 10_000));
    }

    [Test]
    public void Uses_within_a_second_are_told_apart_by_quarters()
    {
        Access.Advance(7000);
        _rig.Set("k");
        Access.Advance(7200);
        Assert.That(Access.IdleMs(_rig.FindUntouched("k")), Is.Zero);
        Access.Advance(7500);
        Assert.That(Access.IdleMs(_rig.FindUntouched("k")), Is.EqualTo(500));
        _rig.Find("k");
        Assert.That(Access.IdleMs(_rig.FindUntouched("k")), Is.Zero);
        Assert.That(_rig.FindUntouched("k").Access & AccessClock.RedisMask, Is.EqualTo(7), "what DEBUG OBJECT tells");
        Access.Advance(9100);
        Assert.That(Access.IdleMs(_rig.FindUntouched("k")), Is.EqualTo(1500));
    }

    [Test]
    public void A_counter_grows_ever_more_slowly()
    {
        UseLfu();
        _rig.Set("k");
        var at = new List<int>();
        for (var uses = 1; uses <= 100_000; uses++)
        {
            _rig.Find("k");
            if (uses is 100 or 1000 or 100_000) at.Add(Access.Frequency(_rig.FindUntouched("k")));
        }
        // Redis' redis.conf tells 10, 18 and 142 for these numbers of uses.
        Assert.That(at[0], Is.InRange(6, 16));
        Assert.That(at[1], Is.InRange(13, 25));
        Assert.That(at[2], Is.InRange(120, 165));
    }

    [Test]
    public void A_full_counter_stays_full()
    {
        UseLfu(logFactor: 0);
        _rig.Set("k");
        for (var i = 0; i < 300; i++) _rig.Find("k");
        Assert.That(Access.Frequency(_rig.FindUntouched("k")), Is.EqualTo(255));
    }

    [Test]
    public void A_counter_falls_with_time_though_minutes_wrap()
    {
        const long wrapMs = (1L << 16) * 60_000;
        UseLfu(logFactor: 0, decayMinutes: 2);
        Access.Advance(wrapMs - 120_000);
        _rig.Set("k");
        for (var i = 0; i < 20; i++) _rig.Find("k");
        Access.Advance(wrapMs + 120_000);
        Assert.That(Access.Frequency(_rig.FindUntouched("k")), Is.InRange(23, 24));
        _rig.Find("k");
        Assert.That(Access.Frequency(_rig.FindUntouched("k")), Is.InRange(24, 25), "a use counts from what is left");
    }

    [Test]
    public void Without_LFU_a_key_used_within_a_quarter_of_a_second_is_not_written_to()
    {
        Access.Advance(7000);
        _rig.Set("k");
        Assert.That(_rig.FindUntouched("k").Access, Is.EqualTo(Access.Fresh));
        UseLfu();
        Assert.That(Access.Fresh, Is.EqualTo(-1), "no entry bears that");
    }
}
