using System.Text;

namespace Carnelian.Tests;

/// <summary>Random changes of a table and its tree in checked memory, against an ordered set.</summary>
public sealed unsafe class SortedTableTests
{
    private sealed class Rig : IDisposable
    {
        private readonly byte* _root;

        public Rig(int seed)
        {
            Random = new(seed);
            Allocator = new(new() { Checked = true, RangeBytesMax = 1 << 30, QuarantineBlocks = 64 });
            Host = new(Allocator, new((ulong)Random.NextInt64(), 3));
            _root = SortedTable.Create(Host);
        }

        public Random Random { get; }

        public BlockAllocator Allocator { get; }

        public TableHost Host { get; }

        public SortedTable Set => new(_root, Host);

        public SortedSet<(double Score, string Member)> Order { get; } = new(Comparer<(double Score, string Member)>.Create(
            (one, other) => one.Score != other.Score ? one.Score.CompareTo(other.Score) : string.CompareOrdinal(one.Member, other.Member)));

        public Dictionary<string, double> Scores { get; } = [];

        private FieldHandle Find(string member)
        {
            Set.Members.Step();
            return Set.Members.Find(Bytes(member), Set.Members.Hash(Bytes(member)));
        }

        public void Put(string member, double score)
        {
            var at = Find(member);
            Assert.That(at.Exists, Is.EqualTo(Scores.TryGetValue(member, out var before)));
            if (at.Exists)
            {
                Set.SetScore(at, score);
                Order.Remove((before, member));
            }
            else
            {
                Set.Add(ref at, Bytes(member), score);
            }
            Scores[member] = score;
            Order.Add((score, member));
            Allocator.ReleaseRetired();
        }

        public void Remove(string member)
        {
            var at = Find(member);
            Set.Remove(ref at);
            Order.Remove((Scores[member], member));
            Scores.Remove(member);
            Allocator.ReleaseRetired();
        }

        public void Verify()
        {
            Assert.That(Set.Count, Is.EqualTo(Order.Count));
            Assert.That(Set.Members.Count, Is.EqualTo(Order.Count));
            Assert.That(Walked(backward: false), Is.EqualTo(Order));
            Assert.That(Walked(backward: true), Is.EqualTo(Order.Reverse()));
            var expected = Order.ToArray();
            for (var rank = 0; rank < expected.Length; rank += Random.Next(1, 9))
            {
                var (score, member) = expected[rank];
                var at = Find(member);
                Assert.That(SortedTable.ScoreOf(at.View), Is.EqualTo(score));
                Assert.That(Set.RankOf(at.View), Is.EqualTo(rank));
                Assert.That(Set.CountBelow(score, included: false), Is.EqualTo(expected.Count(other => other.Score < score)));
                Assert.That(Set.CountBelow(score, included: true), Is.EqualTo(expected.Count(other => other.Score <= score)));
            }
        }

        private List<(double, string)> Walked(bool backward)
        {
            var walked = new List<(double, string)>();
            for (var walk = Set.From(backward ? Set.Count - 1 : 0, backward); walk.MoveNext();) walked.Add((walk.Score, Encoding.Latin1.GetString(walk.Current.Name)));
            return walked;
        }

        public void Defragment(int stepsMax)
        {
            var mover = new BlockMover(Allocator);
            for (var i = 0; i < stepsMax; i++)
            {
                if (Set.Defragment(4, ref mover)) break;
            }
            Moved += mover.Moved;
        }

        public int Moved { get; private set; }

        public void Dispose()
        {
            while (!Set.Members.FreeSome())
            {
            }
            Allocator.Dispose();
        }
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Some seeds have many equal scores, some ascending ones, some descending ones.</summary>
    private static double Score(Random random, int seed, int turn) => (seed % 4) switch
    {
        0 => random.Next(4),
        1 => turn,
        2 => -turn,
        _ => random.NextDouble() * Math.Pow(10, random.Next(-3, 20)) * (random.Next(2) * 2 - 1),
    };

    [Test]
    public void Random_changes_agree_with_an_ordered_set([Range(1, 24)] int seed)
    {
        using var rig = new Rig(seed);
        var random = rig.Random;
        var names = seed % 3 == 0 ? 6000 : 500;
        for (var phase = 0; phase < 12; phase++)
        {
            var removes = phase % 3 == 2;
            for (var i = 0; i < names / 3; i++)
            {
                var member = $"m{random.Next(names)}";
                if (random.Next(40) == 0) member += new string('x', random.Next(300));
                if (!rig.Scores.ContainsKey(member) && !removes || random.Next(5) == 0) rig.Put(member, Score(random, seed, phase * names + i));
                else if (rig.Scores.TryGetValue(member, out var score) && (removes || random.Next(3) == 0)) rig.Remove(member);
                else if (rig.Scores.ContainsKey(member)) rig.Put(member, score + random.Next(-1, 2) * Math.Abs(score) / 1000);
            }
            rig.Defragment(random.Next(200));
            rig.Verify();
        }
        foreach (var member in rig.Scores.Keys.OrderBy(_ => random.Next()).ToArray()) rig.Remove(member);
        rig.Verify();
        rig.Put("again", 1);
        rig.Verify();
    }

    [Test]
    public void Ranges_of_members_are_found_where_scores_are_equal([Range(1, 8)] int seed)
    {
        using var rig = new Rig(seed);
        for (var i = 0; i < 2000; i++) rig.Put($"{rig.Random.Next(5000)}", 7);
        var expected = rig.Order.Select(pair => pair.Member).ToArray();
        for (var i = 0; i < 300; i++)
        {
            var bound = $"{rig.Random.Next(5000)}";
            Assert.That(rig.Set.CountBelow(Bytes(bound), included: false), Is.EqualTo(expected.Count(member => string.CompareOrdinal(member, bound) < 0)));
            Assert.That(rig.Set.CountBelow(Bytes(bound), included: true), Is.EqualTo(expected.Count(member => string.CompareOrdinal(member, bound) <= 0)));
        }
    }

    [Test]
    public void A_crowd_that_leaves_has_its_rest_moved_together()
    {
        using var rig = new Rig(1);
        for (var i = 0; i < 40_000; i++) rig.Put($"member:{i:d7}", i % 1000);
        foreach (var member in rig.Scores.Keys.Where((_, i) => i % 8 != 0).ToArray()) rig.Remove(member);
        rig.Defragment(100_000);
        Assert.That(rig.Moved, Is.GreaterThan(1000));
        rig.Verify();
        for (var i = 0; i < 3000; i++) rig.Put($"member:{i:d7}", -i);
        rig.Verify();
    }

    /// <summary>DESIGN.md: 71 bytes for each of a million members.</summary>
    [TestCase(true), TestCase(false)]
    public void A_member_takes_71_bytes(bool ascending)
    {
        const int members = 1_000_000;
        using var allocator = new BlockAllocator(new() { RangeBytesMax = 1L << 30 });
        var host = new TableHost(allocator, new(1, 2));
        var set = new SortedTable(SortedTable.Create(host), host);
        var random = new Random(1);
        for (var i = 0; i < members; i++)
        {
            var name = Bytes($"member:{i:d7}");
            set.Members.Step();
            var at = set.Members.Find(name, set.Members.Hash(name));
            set.Add(ref at, name, ascending ? i : random.NextDouble());
        }
        TestContext.Out.WriteLine($"{(double)allocator.UsedBytes / members:F1} {(double)set.MemoryBytes / members:F1}");
        Assert.That(set.MemoryBytes, Is.LessThanOrEqualTo(71L * members));
        Assert.That(allocator.UsedBytes, Is.EqualTo(set.MemoryBytes).Within(1).Percent);
    }
}
