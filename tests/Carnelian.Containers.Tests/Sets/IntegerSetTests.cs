namespace Carnelian.Tests;

public sealed class IntegerSetTests
{
    /// <summary>A set in memory of exactly its length, as a key's entry has it.</summary>
    private sealed class Rig
    {
        private byte[] _memory = IntegerSet.Empty.Bytes.ToArray();

        public IntegerSet Set => new(_memory);

        public string Bytes => Convert.ToHexStringLower(_memory);

        public bool Add(long integer)
        {
            if (Set.Contains(integer, out var index)) return false;
            Change(Set.Insert(index, integer));
            return true;
        }

        public bool Remove(long integer)
        {
            if (!Set.Contains(integer, out var index)) return false;
            Change(Set.Remove(index));
            return true;
        }

        private void Change(IntegerSetChange change)
        {
            var length = _memory.Length + change.LengthChange;
            Array.Resize(ref _memory, Math.Max(length, _memory.Length));
            change.Apply(_memory);
            Array.Resize(ref _memory, length);
        }
    }

    private static long Draw(Random random) => random.NextInt64(-1L << random.Next(1, 64), 1L << random.Next(1, 63));

    [Test]
    public void Random_changes_agree_with_a_sorted_set([Range(1, 40)] int seed)
    {
        var random = new Random(seed);
        var rig = new Rig();
        var model = new SortedSet<long>();
        var bits = 4 + seed % 60;
        for (var i = 0; i < 500; i++)
        {
            var integer = random.Next(30) == 0 ? Draw(random) : random.NextInt64(-1L << (bits / 2), 1L << (bits / 2));
            if (i >= 100 && random.Next(2) == 0 && model.Count > 0) integer = model.ElementAt(random.Next(model.Count));
            if (random.Next(3) > 0) Assert.That(rig.Add(integer), Is.EqualTo(model.Add(integer)));
            else Assert.That(rig.Remove(integer), Is.EqualTo(model.Remove(integer)));
            Verify(rig.Set, model);
        }
    }

    private static void Verify(IntegerSet set, SortedSet<long> model)
    {
        Assert.That(set.Count, Is.EqualTo(model.Count));
        Assert.That(set.Length, Is.EqualTo(8 + set.Count * set.Width));
        var place = 0;
        foreach (var integer in model)
        {
            if (set[place] != integer || !set.Contains(integer, out var index) || index != place) Assert.Fail($"{integer} is not in place {place}");
            place++;
        }
    }

    [Test]
    public void A_place_is_found_from_any_one_before_it([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var rig = new Rig();
        for (var i = 0; i < 200; i++) rig.Add(random.Next(-1000, 1000));
        for (var i = 0; i < 1000; i++)
        {
            var integer = random.Next(-1100, 1100);
            rig.Set.Contains(integer, out var place);
            Assert.That(rig.Set.Seek(random.Next(place + 1), integer), Is.EqualTo(place));
        }
        Assert.That(rig.Set.Seek(rig.Set.Count, 5000), Is.EqualTo(rig.Set.Count));
    }

    [Test]
    public void The_widest_integer_decides_and_its_width_stays()
    {
        var rig = new Rig();
        rig.Add(5);
        rig.Add(-1);
        Assert.That(rig.Bytes, Is.EqualTo("02000000" + "02000000" + "ffff" + "0500"));
        rig.Add(40_000);
        Assert.That(rig.Bytes, Is.EqualTo("04000000" + "03000000" + "ffffffff" + "05000000" + "409c0000"));
        rig.Add(long.MinValue);
        rig.Remove(long.MinValue);
        rig.Remove(40_000);
        Assert.That(rig.Bytes, Is.EqualTo("08000000" + "02000000" + "ffffffffffffffff" + "0500000000000000"));
    }

    [TestCase(short.MinValue, 2), TestCase(short.MaxValue, 2), TestCase(short.MaxValue + 1, 4), TestCase(short.MinValue - 1, 4)]
    [TestCase(int.MinValue, 4), TestCase(int.MaxValue, 4), TestCase(int.MaxValue + 1L, 8), TestCase(int.MinValue - 1L, 8), TestCase(long.MaxValue, 8)]
    public void An_integer_takes_as_many_bytes_as_it_needs(long integer, int width)
    {
        var rig = new Rig();
        rig.Add(integer);
        Assert.That((rig.Set.Width, rig.Set[0]), Is.EqualTo((width, integer)));
    }

    [Test]
    public void Memory_that_is_no_set_is_not_taken_for_one()
    {
        Assert.That(() => new IntegerSet([3, 0, 0, 0, 0, 0, 0, 0]).Count, Throws.TypeOf<BrokenInvariantException>());
        Assert.That(() => new IntegerSet([2, 0, 0, 0, 2, 0, 0, 0, 1, 0]).Count, Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => IntegerSet.Empty[0], Throws.TypeOf<BrokenInvariantException>());
    }
}
