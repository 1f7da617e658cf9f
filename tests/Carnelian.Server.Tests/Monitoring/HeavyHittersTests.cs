namespace Carnelian.Tests;

/// <summary>The heaviest of many names, compared with exact sums.</summary>
internal sealed class HeavyHittersTests
{
    private static byte[] Name(int i) => BitConverter.GetBytes(i);

    [Test]
    public void Few_names_are_counted_exactly()
    {
        var hitters = new HeavyHitters(8);
        foreach (var (name, weight) in new[] { (1, 5), (2, 3), (3, 9), (1, 1), (2, 100) }) hitters.Add((ulong)name, Name(name), weight);
        Assert.That(hitters.Heaviest(2, 1).Select(hit => (BitConverter.ToInt32(hit.Name), hit.Weight)), Is.EqualTo(new[] { (2, 103L), (3, 9L) }));
        Assert.That(hitters.Heaviest(8, 10).Select(hit => hit.Weight), Is.EqualTo(new[] { 10L }), "less than a unit is left out");
        Assert.That(hitters.Total, Is.EqualTo(118));
    }

    [TestCase(1ul), TestCase(2ul), TestCase(3ul)]
    public void What_is_heavier_than_its_share_is_found_and_none_is_told_heavier_than_it_is(ulong seed)
    {
        const int counters = 100, names = 10_000;
        using var world = new SimulatedWorld(seed);
        var hitters = new HeavyHitters(counters);
        var exact = new long[names];
        for (var i = 0; i < 200_000; i++)
        {
            // Squared twice: the first names come often, most hardly ever.
            var drawn = world.Randomness.Below(1 << 20) / (double)(1 << 20);
            var name = (int)(names * drawn * drawn * drawn * drawn);
            var weight = 1 + world.Randomness.Below(50);
            exact[name] += weight;
            hitters.Add((ulong)name * 0x9E3779B97F4A7C15, Name(name), weight);
        }
        Assert.That(hitters.Total, Is.EqualTo(exact.Sum()));
        var found = hitters.Heaviest(counters, 1).ToDictionary(hit => BitConverter.ToInt32(hit.Name), hit => hit.Weight);
        foreach (var (name, weight) in found) Assert.That(weight, Is.LessThanOrEqualTo(exact[name]));
        var share = hitters.Total / counters;
        var heavy = Enumerable.Range(0, names).Where(name => exact[name] > 2 * share).ToArray();
        Assert.That(heavy, Is.Not.Empty);
        Assert.That(heavy, Is.SubsetOf(found.Keys));
    }
}
