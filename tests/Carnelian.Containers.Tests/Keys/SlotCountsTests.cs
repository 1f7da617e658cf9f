namespace Carnelian.Tests;

public sealed class SlotCountsTests
{
    [Test]
    public void Sums_and_positions_are_those_of_a_plain_array([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        var counts = new SlotCounts();
        var model = new long[KeyTables.Slots];
        Assert.That(counts.Next(0), Is.EqualTo(-1));
        for (var i = 0; i < 300; i++)
        {
            var slot = random.Next(10) switch { 0 => 0, 1 => KeyTables.Slots - 1, _ => random.Next(KeyTables.Slots) };
            var change = random.Next(3) == 0 ? -model[slot] : random.NextInt64(1L << random.Next(40));
            counts.Add(slot, change);
            model[slot] += change;
            Assert.That(counts.Total, Is.EqualTo(model.Sum()));
            var from = random.Next(KeyTables.Slots);
            Assert.That(counts.Next(from), Is.EqualTo(Array.FindIndex(model, from + 1 < model.Length ? from + 1 : from, count => count > 0) is var next && next > from ? next : -1));
            if (counts.Total == 0) continue;
            var number = random.NextInt64(counts.Total);
            var expected = 0;
            for (var left = number; left >= model[expected]; expected++) left -= model[expected];
            Assert.That(counts.Find(number), Is.EqualTo(expected));
        }
    }
}
