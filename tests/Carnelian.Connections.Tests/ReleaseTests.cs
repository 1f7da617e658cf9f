namespace Carnelian.Tests;

/// <summary>
/// Replies to writes, late replies and pushes tell of changes: none of them leaves before the change is as safe as was asked for. Every reply of the test's
/// commands is the offset up to which it has to be believed. CARNELIAN_SEEDS says how many sessions; CARNELIAN_SEED runs one.
/// </summary>
internal sealed class ReleaseTests
{
    private const int Standard = 500;

    [Test]
    public void Nothing_leaves_before_the_change_that_it_tells_of_is_released([Values] bool isApart)
    {
        var one = TestSettings.Number("CARNELIAN_SEED", -1);
        if (one >= 0) Run(one, isApart);
        else TestSettings.RunAll("sessions", TestSettings.Number("CARNELIAN_SEEDS", Standard), seed => Run(seed, isApart));
    }

    private static void Run(int seed, bool isApart)
    {
        var chance = new Random(seed);
        using var host = new TestHost(isApart, (ulong)seed, conditions =>
        {
            // What is sent arrives soon: it is looked at before more is released.
            conditions.DelayMicrosecondsMin = 1;
            conditions.DelayMicrosecondsMax = chance.Next(1, 50);
            conditions.PipeBytesMin = conditions.PipeBytesMax = chance.Next(2) == 0 ? 64 : 4096;
        });
        host.Keyspace.Changes.Attach(host);
        host.Outbox.ReleasedOffset = 0;
        host.Outbox.IsGated = true;
        var peers = Enumerable.Range(0, chance.Next(1, 6)).Select(_ => new TestPeer(host)).ToArray();
        for (var steps = chance.Next(10, 60); steps > 0; steps--)
        {
            Step(host, peers, chance);
            Check(host, peers, seed);
        }
        host.TurnUntil(() => host.World.Simulation.RunNext() == false || host.Keyspace.Changes.Offset == host.DeliveredOffset);
        for (var turns = 0; turns < 50; turns++) host.Turn();
        Check(host, peers, seed);
        // Whoever waits for a key gets it, and everything is released: nothing may be left behind.
        var helper = new TestPeer(host);
        for (var i = 0; i < 100; i++) helper.Send("CHANGE", $"k{i % 3}", "1");
        host.TurnUntil(() =>
        {
            host.Outbox.ReleasedOffset = host.DeliveredOffset;
            foreach (var peer in peers) peer.Take();
            helper.Take();
            return host.Sessions.All(session => session.Output.IsEmpty) && helper.Replies.Count(reply => reply.Kind == RespKind.Integer) == 100;
        });
    }

    private static void Step(TestHost host, TestPeer[] peers, Random chance)
    {
        var peer = peers[chance.Next(peers.Length)];
        var key = $"k{chance.Next(3)}";
        switch (chance.Next(8))
        {
            case 0: peer.Send("CHANGE", key, $"{chance.Next(1, 4)}"); break;
            case 1: peer.Send("LOOK"); break;
            case 2: peer.Send("TELL", key); break;
            case 3: peer.Send("TAKE", key); break;
            case 4:
                for (var i = chance.Next(1, 10); i > 0; i--) peer.Send("CHANGE", key, "1");
                break;
            case 5:
                host.Outbox.ReleasedOffset += chance.NextInt64(host.DeliveredOffset - host.Outbox.ReleasedOffset + 1);
                break;
            default:
                for (var turns = chance.Next(1, 5); turns > 0; turns--) host.Turn();
                break;
        }
    }

    /// <summary>All that was sent before now arrives before more is released.</summary>
    private static void Check(TestHost host, TestPeer[] peers, int seed)
    {
        host.World.Advance(1);
        foreach (var peer in peers)
        {
            peer.Take();
            foreach (var reply in peer.Replies)
            {
                var offset = reply.Kind == RespKind.Push ? reply.Items[0].Integer : reply.Integer;
                if (offset > host.Outbox.ReleasedOffset) throw new AssertionException($"seed {seed}: {offset} was told when {host.Outbox.ReleasedOffset} was released");
            }
            peer.Replies.Clear();
        }
    }
}
