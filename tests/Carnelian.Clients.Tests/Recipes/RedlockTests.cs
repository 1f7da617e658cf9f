using System.Net;
using RedLockNet;
using StackExchange.Redis;

namespace Carnelian.Tests;

/// <summary>What docs/recipes/redlock.md says, with five servers, some of which are stopped.</summary>
public class RedlockTests
{
    private static readonly TimeSpan _long = 10 * Patience.OfPrograms;

    private readonly List<CarnelianServer> _servers = [];

    [SetUp]
    public void Start()
    {
        for (var i = 0; i < 5; i++) _servers.Add(new());
    }

    [TearDown]
    public void Stop() => StopSome(_servers.Count);

    [Test]
    public void One_at_a_time_has_the_lock_of_five_servers()
    {
        using MajorityLocks here = Locks(), there = Locks();
        using (var held = here.Take("job", _long, TimeSpan.Zero))
        {
            Assert.That((held.IsAcquired, held.InstanceSummary.Acquired), Is.EqualTo((true, 5)));
            using var refused = there.Take("job", _long, TimeSpan.Zero);
            Assert.That((refused.IsAcquired, refused.Status, refused.InstanceSummary.Conflicted), Is.EqualTo((false, RedLockStatus.Conflicted, 5)));
            using var other = there.Take("other job", _long, TimeSpan.Zero);
            Assert.That(other.IsAcquired);
        }
        using var next = there.Take("job", _long, TimeSpan.Zero);
        Assert.That(next.IsAcquired, "it was given back, and not by who was refused");
    }

    [Test]
    public void Many_who_wait_come_one_after_another()
    {
        using MajorityLocks here = Locks(), there = Locks();
        var (inside, together, count) = (0, 0, 0);
        TestThread.RunAll(6, number =>
        {
            for (var i = 0; i < 5; i++)
            {
                using var held = (number % 2 == 0 ? here : there).Take("job", _long, Patience.OfPrograms);
                Assert.That(held.IsAcquired);
                if (Interlocked.Increment(ref inside) > 1) Interlocked.Increment(ref together);
                count++;
                Interlocked.Decrement(ref inside);
            }
        });
        Assert.That((count, together), Is.EqualTo((30, 0)));
    }

    [Test]
    public void Two_servers_may_be_down_but_not_three()
    {
        using var locks = Locks();
        StopSome(2);
        using (var held = locks.Take("job", _long, TimeSpan.Zero))
        {
            Assert.That((held.IsAcquired, held.InstanceSummary.Acquired, held.InstanceSummary.Error), Is.EqualTo((true, 3, 2)));
            using var refused = locks.Take("job", _long, TimeSpan.Zero);
            Assert.That(refused.IsAcquired, Is.False);
        }
        StopSome(1);
        using var none = locks.Take("job", _long, TimeSpan.Zero);
        Assert.That((none.IsAcquired, none.Status, none.InstanceSummary.Acquired), Is.EqualTo((false, RedLockStatus.NoQuorum, 2)));
        foreach (var server in _servers) Assert.That(Ask(server, database => database.KeyExists(Key)), Is.False, "what the minority granted was given back");
    }

    [Test]
    public void A_server_that_another_holds_is_left_alone()
    {
        using var locks = Locks();
        foreach (var server in _servers[..2]) Ask(server, database => database.StringSet(Key, "another's"));
        using (var held = locks.Take("job", _long, TimeSpan.Zero)) Assert.That((held.IsAcquired, held.InstanceSummary.Conflicted), Is.EqualTo((true, 2)));
        Assert.That(_servers.Select(server => Ask(server, database => (string?)database.StringGet(Key))), Is.EqualTo(new[] { "another's", "another's", null, null, null }));
    }

    [Test]
    public void Who_died_with_the_lock_holds_up_others_for_the_lease()
    {
        using var locks = Locks();
        foreach (var server in _servers) Ask(server, database => database.StringSet(Key, "dead", _long));
        using (var refused = locks.Take("job", _long, TimeSpan.Zero)) Assert.That(refused.IsAcquired, Is.False);
        foreach (var server in _servers) Ask(server, database => database.KeyExpire(Key, TimeSpan.FromMilliseconds(1)));
        using var held = locks.Take("job", _long, Patience.OfPrograms);
        Assert.That(held.IsAcquired);
    }

    [Test]
    public void A_lock_is_prolonged_while_it_is_held_and_tells_when_it_was_lost()
    {
        using var locks = Locks();
        using var held = locks.Take("job", TimeSpan.FromSeconds(2), TimeSpan.Zero);
        Patience.Until(() => held.IsAcquired && held.ExtendCount >= 3, "it is held beyond the first lease");
        foreach (var server in _servers[..3]) Ask(server, database => database.StringSet(Key, "another's"));
        Patience.Until(() => !held.IsAcquired, "the loss shows");
    }

    /// <summary>As the library calls the lock "job" in a server.</summary>
    private const string Key = "redlock:job";

    private MajorityLocks Locks() => new(_servers.Select(server => new IPEndPoint(IPAddress.Loopback, server.Port)));

    private void StopSome(int count)
    {
        foreach (var server in _servers[..count]) server.Dispose();
        _servers.RemoveRange(0, count);
    }

    private static T Ask<T>(CarnelianServer server, Func<IDatabase, T> question)
    {
        using var connection = ConnectionMultiplexer.Connect($"127.0.0.1:{server.Port}");
        return question(connection.GetDatabase());
    }
}
