using System.Text;

namespace Carnelian.Tests;

public sealed unsafe class FieldTableTests
{
    /// <summary>A hash beside a dictionary that says what must be in it.</summary>
    private sealed class Rig : IDisposable
    {
        private readonly byte* _root;

        public Rig(int seed)
        {
            Random = new(seed);
            Allocator = new(new() { Checked = true, RangeBytesMax = 1 << 30, QuarantineBlocks = 64 });
            Host = new(Allocator, new((ulong)Random.NextInt64(), 3));
            _root = FieldTable.Create(Host);
        }

        public Random Random { get; }

        public BlockAllocator Allocator { get; }

        public TableHost Host { get; }

        public FieldTable Fields => new(_root, Host);

        public Dictionary<string, (string Value, long ExpiryMs)> Model { get; } = [];

        public FieldHandle Find(string name)
        {
            Fields.Step();
            return Fields.Find(Bytes(name), Fields.Hash(Bytes(name)));
        }

        public void Set(string name, string value, long expiryMs)
        {
            var at = Find(name);
            Fields.Set(ref at, Bytes(name), Bytes(value), expiryMs);
            Model[name] = (value, expiryMs);
            Allocator.ReleaseRetired();
        }

        public void Remove(string name)
        {
            var at = Find(name);
            Fields.Remove(ref at);
            Model.Remove(name);
            Allocator.ReleaseRetired();
        }

        public void Verify() => Verify(Fields);

        public void Verify(FieldTable fields)
        {
            Assert.That(fields.Count, Is.EqualTo(Model.Count));
            Assert.That(fields.CountExpiring, Is.EqualTo(Model.Values.Count(f => f.ExpiryMs != EntryView.NoExpiry)));
            var found = new FieldList();
            ulong cursor = 0;
            do cursor = fields.Scan(cursor, found);
            while (cursor != 0);
            long bytes = 0;
            for (var i = 0; i < found.Count; i++) bytes += BlockAllocator.UsableSize(Field.Size(found[i].Address)) + Field.ExternalOf(found[i].Address).Capacity;
            Assert.That(fields.DataBytes, Is.EqualTo(bytes));
            Assert.That(fields.NextDueMs, Is.LessThanOrEqualTo(NextDueMs));
            foreach (var (name, expected) in Model)
            {
                var view = fields.Find(Bytes(name), fields.Hash(Bytes(name))).View;
                if (!view.Exists || Text(view.Name) != name || (Text(view.Value), view.ExpiryMs) != expected) Assert.Fail($"{name} is not as expected");
            }
        }

        public long NextDueMs => Model.Values.Where(f => f.ExpiryMs != EntryView.NoExpiry).Select(f => f.ExpiryMs).Append(long.MaxValue).Min();

        public static void Free(FieldTable fields)
        {
            while (!fields.FreeSome())
            {
            }
        }

        public void Dispose()
        {
            Free(Fields);
            Allocator.Dispose();
        }
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static string Draw(Random random, bool isLong) => new((char)random.Next(256), isLong ? random.Next(250, 260) : random.Next(12));

    private static long DrawExpiry(Random random, long nowMs) => random.Next(3) == 0 ? EntryView.NoExpiry : nowMs + random.Next(1000);

    [Test]
    public void Random_operations_agree_with_a_dictionary([Range(1, 12)] int seed)
    {
        using var rig = new Rig(seed);
        var random = rig.Random;
        var found = new FieldList();
        var collected = 0;
        for (var nowMs = 1000L; nowMs < 3000; nowMs += 50)
        {
            for (var i = 0; i < 100; i++)
            {
                var name = random.Next(1 << random.Next(1, 12)) + Draw(random, random.Next(20) == 0);
                var value = random.Next(100) == 0 ? new string('x', 0x10000 + random.Next(3)) : Draw(random, random.Next(9) == 0);
                var at = rig.Find(name);
                if (!at.Exists || random.Next(4) == 0) rig.Set(name, value, DrawExpiry(random, nowMs));
                else if (random.Next(4) == 0) rig.Remove(name);
                else if (random.Next(3) == 0) rig.Set(name, value, at.View.ExpiryMs);
                else if (random.Next(3) == 0)
                {
                    rig.Fields.ClearExpiry(ref at);
                    rig.Model[name] = rig.Model[name] with { ExpiryMs = EntryView.NoExpiry };
                }
                else
                {
                    var expiryMs = nowMs + random.Next(1000);
                    rig.Fields.SetExpiry(ref at, expiryMs);
                    rig.Model[name] = rig.Model[name] with { ExpiryMs = expiryMs };
                }
                rig.Allocator.ReleaseRetired();
            }
            rig.Verify();
            var due = rig.Model.Where(f => f.Value.ExpiryMs != EntryView.NoExpiry && f.Value.ExpiryMs < nowMs).Select(f => f.Key).ToHashSet();
            while (rig.Fields.NextDueMs < nowMs)
            {
                found.Clear();
                rig.Fields.CollectDue(nowMs, 1 + random.Next(9), found);
                collected += found.Count;
                var names = new List<string>();
                for (var i = 0; i < found.Count; i++) names.Add(Text(found[i].Name));
                foreach (var name in names)
                {
                    Assert.That(due.Remove(name));
                    rig.Remove(name);
                }
            }
            Assert.That(due, Is.Empty);
            rig.Verify();
        }
        Assert.That(collected, Is.GreaterThan(100));
    }

    [Test]
    public void Least_time_is_exact_after_a_round()
    {
        using var rig = new Rig(1);
        Assert.That(rig.Fields.NextDueMs, Is.EqualTo(long.MaxValue));
        for (var i = 0; i < 50; i++) rig.Set($"f{i}", "v", 1000 + i);
        Assert.That(rig.Fields.NextDueMs, Is.EqualTo(1000));
        for (var i = 0; i < 10; i++) rig.Remove($"f{i}");
        Assert.That(rig.Fields.NextDueMs, Is.EqualTo(1000), "not raised by what goes");
        var found = new FieldList();
        while (!rig.Fields.CollectDue(1011, 100, found))
        {
        }
        Assert.That(found.Count, Is.EqualTo(1));
        rig.Remove("f10");
        Assert.That(rig.Fields.NextDueMs, Is.EqualTo(1011));
    }

    [Test]
    public void Copy_has_the_expiries_too()
    {
        using var rig = new Rig(2);
        for (var i = 0; i < 500; i++) rig.Set($"f{i}", new string('v', i % 30), i % 3 == 0 ? 1000 + i : EntryView.NoExpiry);
        var copy = new FieldTable(FieldTable.Create(rig.Host), rig.Host);
        copy.AddAll(rig.Fields);
        rig.Verify(copy);
        Assert.That(copy.NextDueMs, Is.EqualTo(1000));
        Rig.Free(copy);
    }

    [Test]
    public void Memory_of_all_fields_is_measured()
    {
        using var rig = new Rig(3);
        var before = rig.Allocator.UsedBytes;
        for (var i = 0; i < 500; i++) rig.Set($"f{i}", new string('v', i % 300 * (i % 100 == 0 ? 500 : 1)), i % 2 == 0 ? 1000 + i : EntryView.NoExpiry);
        Assert.That(rig.Fields.MemoryBytes - BlockAllocator.UsableSize(sizeof(FieldRoot)), Is.EqualTo(rig.Allocator.UsedBytes - before));
    }

    [Test]
    public void A_member_of_16_bytes_takes_a_block_of_24()
    {
        using var rig = new Rig(4);
        const int Members = 10_000;
        for (var i = 0; i < Members; i++) rig.Set($"member {i:D9}", "", EntryView.NoExpiry);
        Assert.That(rig.Fields.DataBytes, Is.EqualTo(24 * Members));
        Assert.That(rig.Fields.MemoryBytes, Is.LessThan(48 * Members));
    }

    [Test]
    public void Listed_fields_begin_with_the_drawn_ones([Values(0, 1, 60, 100)] int count)
    {
        using var rig = new Rig(count);
        for (var i = 0; i < 100; i++) rig.Set($"f{i}", "v", EntryView.NoExpiry);
        var first = new HashSet<string>();
        var found = new FieldList();
        for (var round = 0; round < 200; round++)
        {
            found.Clear();
            rig.Fields.ListAll(count, (ulong)rig.Random.NextInt64() << 1, found);
            var names = new HashSet<string>();
            for (var i = 0; i < found.Count; i++) names.Add(Text(found[i].Name));
            Assert.That(names, Is.EquivalentTo(rig.Model.Keys));
            for (var i = 0; i < count; i++) first.Add(Text(found[i].Name));
        }
        Assert.That(first.Count, Is.EqualTo(count switch { 0 => 0, 1 => first.Count, _ => 100 }).And.GreaterThan(count == 0 ? -1 : 50));
    }

    [Test]
    public void Distinct_fields_are_drawn_alike([Values(1, 3, 20, 40, 100, 200)] int count)
    {
        using var rig = new Rig(count);
        const int Fields = 100, Rounds = 2000;
        for (var i = 0; i < Fields; i++) rig.Set($"f{i}", "v", EntryView.NoExpiry);
        var drawn = rig.Model.Keys.ToDictionary(name => name, _ => 0);
        var found = new FieldList();
        for (var round = 0; round < Rounds; round++)
        {
            found.Clear();
            rig.Fields.SampleDistinct(count, (ulong)rig.Random.NextInt64() << 1, found);
            var names = new HashSet<string>();
            for (var i = 0; i < found.Count; i++) names.Add(Text(found[i].Name));
            Assert.That(names, Has.Count.EqualTo(Math.Min(count, Fields)).And.Count.EqualTo(found.Count));
            foreach (var name in names) drawn[name]++;
        }
        var fair = (double)Math.Min(count, Fields) * Rounds / Fields;
        Assert.That(drawn.Values.Min(), Is.GreaterThan(fair - 6 * Math.Sqrt(fair) - fair / 4));
        Assert.That(drawn.Values.Max(), Is.LessThan(fair + 6 * Math.Sqrt(fair) + fair / 4));
    }
}
