namespace Carnelian.Tests;

public sealed class GeoShapeTests
{
    private static GeoPoint Draw(Random random, double latitudeMax = 85) => new(random.NextDouble() * 360 - 180, (random.NextDouble() * 2 - 1) * latitudeMax);

    private static GeoPoint Near(Random random, GeoPoint center, double degrees) => new(
        Math.Clamp(center.Longitude + (random.NextDouble() * 2 - 1) * degrees, -180, 180), Math.Clamp(center.Latitude + (random.NextDouble() * 2 - 1) * degrees, -85, 85));

    [Test]
    public void A_circle_decides_without_a_distance_as_with_one([Range(1, 8)] int seed)
    {
        var random = new Random(seed);
        var decided = new int[2];
        for (var i = 0; i < 10_000; i++)
        {
            var center = Draw(random);
            var point = Near(random, center, Math.Pow(10, random.NextDouble() * 8 - 5));
            var exact = center.MetersTo(point);
            // Often the very distance, or one bit more or less.
            var radius = random.Next(4) switch { 0 => exact, 1 => Math.BitIncrement(exact), 2 => Math.Max(0, Math.BitDecrement(exact)), _ => exact * random.NextDouble() * 2 };
            var circle = GeoShape.Circle(center, radius, 1);
            var isInside = circle.Contains(point, measures: false, out _);
            Assert.That(isInside, Is.EqualTo(!(exact > radius)), $"{center} {point} {radius:R}");
            Assert.That(circle.Contains(point, measures: true, out var meters), Is.EqualTo(isInside));
            if (isInside) Assert.That(meters, Is.EqualTo(exact));
            decided[isInside ? 1 : 0]++;
        }
        Assert.That(decided, Is.All.GreaterThan(1000));
    }

    [Test]
    public void A_polygon_contains_what_is_on_one_side_of_all_its_sides()
    {
        GeoPoint[] square = [new(10, 30), new(20, 30), new(20, 40), new(10, 40)], arrow = [new(0, 0), new(10, 5), new(0, 10), new(5, 5)];
        Assert.That(Contains(square, new(15, 35)));
        Assert.That(Contains(square, new(21, 35)), Is.False);
        Assert.That(Contains(square, new(15, 29)), Is.False);
        Assert.That(Contains(arrow, new(6, 5)));
        Assert.That(Contains(arrow, new(2, 5)), Is.False);
    }

    private static bool Contains(ReadOnlySpan<GeoPoint> vertices, GeoPoint point) => GeoShape.Polygon(vertices).Contains(point, false, out _);

    [Test]
    public void A_box_has_its_width_at_the_places_own_latitude()
    {
        var box = GeoShape.Box(new(0, 60), 100, 200, 1000);
        Assert.That(box.Contains(new(0.89, 60), true, out var meters) && meters is > 49_000 and < 50_000);
        Assert.That(box.Contains(new(0.91, 60), true, out _), Is.False);
        Assert.That(box.Contains(new(0.91, 60.8), true, out _));
        Assert.That(box.Contains(new(0, 60.91), true, out _), Is.False);
    }

    /// <summary>Away from the poles and from the edges of the map nothing is missed.</summary>
    [Test]
    public void What_is_in_a_shape_is_in_a_cell_that_covers_it([Range(1, 10)] int seed, [Values] bool isBox)
    {
        var random = new Random(seed);
        Span<GeoCell> cells = stackalloc GeoCell[GeoShape.CellsMax];
        var found = 0;
        for (var i = 0; i < 500; i++)
        {
            var center = new GeoPoint(random.NextDouble() * 200 - 100, random.NextDouble() * 100 - 50);
            var meters = Math.Pow(10, random.NextDouble() * 6);
            var shape = isBox ? GeoShape.Box(center, meters, meters * random.NextDouble() * 2, 1) : GeoShape.Circle(center, meters, 1);
            var covering = cells[..shape.Cover(cells)];
            for (var j = 0; j < 20; j++)
            {
                var point = GeoPoint.OfScore(Near(random, center, meters / 80_000).Score);
                if (!shape.Contains(point, false, out _)) continue;
                found++;
                Assert.That(CountOf(covering, point.Score), Is.EqualTo(1), $"{center} {meters} {point}");
            }
        }
        Assert.That(found, Is.GreaterThan(1000));
    }

    [Test]
    public void No_place_is_in_two_cells_of_a_shape([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        Span<GeoCell> cells = stackalloc GeoCell[GeoShape.CellsMax];
        for (var i = 0; i < 2000; i++)
        {
            var shape = GeoShape.Circle(Draw(random, GeoPoint.LatitudeMax), Math.Pow(10, random.NextDouble() * 9), 1);
            Assert.That(CountOf(cells[..shape.Cover(cells)], Draw(random).Score), Is.LessThanOrEqualTo(1));
        }
    }

    private static int CountOf(ReadOnlySpan<GeoCell> cells, double score)
    {
        var count = 0;
        foreach (var cell in cells) count += score >= cell.Scores.Min && score < cell.Scores.End ? 1 : 0;
        return count;
    }

    [TestCase(0.0), TestCase(1e-320), TestCase(1e300), TestCase(double.PositiveInfinity)]
    public void Any_radius_is_covered(double radius)
    {
        Span<GeoCell> cells = stackalloc GeoCell[GeoShape.CellsMax];
        Assert.That(GeoShape.Circle(new(10, 10), radius, 1).Cover(cells), Is.GreaterThan(0));
    }
}
