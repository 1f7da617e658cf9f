namespace Carnelian.Tests;

public sealed class GeoCellTests
{
    [TestCase(13.361389, 38.115556, 3479099956230698), TestCase(15.087269, 37.502669, 3479447370796909), TestCase(-180, -85.05112878, 0)]
    [TestCase(180, 85.05112878, 13510798882111488), TestCase(0, 0, 3377699720527872)]
    public void A_place_has_the_score_that_Redis_gives_it(double longitude, double latitude, double score) =>
        Assert.That(new GeoPoint(longitude, latitude).Score, Is.EqualTo(score));

    [Test]
    public void A_score_is_a_place_in_the_same_cell([Range(1, 5)] int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < 2000; i++)
        {
            var code = (double)random.NextInt64(1L << 52);
            Assert.That(GeoPoint.OfScore(code).Score, Is.EqualTo(code));
        }
    }

    [TestCase(-1.0), TestCase(1.5), TestCase(1e300), TestCase(-1e300), TestCase(double.PositiveInfinity), TestCase(double.NegativeInfinity), TestCase(9007199254740992.0)]
    public void Any_score_is_somewhere(double score) => Assert.That(GeoPoint.OfScore(score).IsOnMap);

    [Test]
    public void Neighbours_touch_and_lie_where_they_are_asked_for([Range(1, 26)] int step)
    {
        var random = new Random(step);
        for (var i = 0; i < 100; i++)
        {
            var cell = GeoCell.Of(new(random.NextDouble() * 360 - 180, random.NextDouble() * 170 - 85), step);
            foreach (var east in (int[])[-1, 0, 1])
            {
                foreach (var north in (int[])[-1, 0, 1])
                {
                    var neighbor = cell.Neighbor(east, north);
                    Assert.That(neighbor.Neighbor(-east, -north), Is.EqualTo(cell));
                    Assert.That(Column(neighbor), Is.EqualTo(Wrap(Column(cell) + east, step)));
                    Assert.That(Row(neighbor), Is.EqualTo(Wrap(Row(cell) + north, step)));
                }
            }
        }
    }

    private static double Wrap(double number, int step) => (number + Math.Pow(2, step)) % Math.Pow(2, step);

    private static double Column(GeoCell cell) => Math.Round((cell.Area.West + 180) / 360 * Math.Pow(2, cell.Step));

    private static double Row(GeoCell cell) => Math.Round((cell.Area.South + GeoPoint.LatitudeMax) / (2 * GeoPoint.LatitudeMax) * Math.Pow(2, cell.Step));

    [Test]
    public void A_cells_scores_are_those_of_the_places_in_it([Range(1, 26)] int step)
    {
        var random = new Random(step);
        for (var i = 0; i < 100; i++)
        {
            var center = new GeoPoint(random.NextDouble() * 180 - 90, random.NextDouble() * 140 - 70);
            var (min, end) = GeoCell.Of(center, step).Scores;
            Assert.That(center.Score, Is.InRange(min, end - 1));
            var area = GeoCell.Of(center, step).Area;
            var other = new GeoPoint(center.Longitude + (random.NextDouble() - 0.5) * 180 / (1 << step), center.Latitude);
            var isInside = other.Longitude >= area.West && other.Longitude < area.East;
            Assert.That(other.Score >= min && other.Score < end, Is.EqualTo(isInside), $"{center} {other}");
        }
    }

    [TestCase(13.361389, 38.115556, "sqc8b49rny0"), TestCase(15.087269, 37.502669, "sqdtr74hyu0"), TestCase(-5.6, 42.6, "ezs42e44yx0")]
    public void A_geohash_is_the_standard_one(double longitude, double latitude, string expected)
    {
        var text = new byte[GeoPoint.GeohashLength];
        GeoPoint.OfScore(new GeoPoint(longitude, latitude).Score).FormatGeohash(text);
        Assert.That(System.Text.Encoding.ASCII.GetString(text), Is.EqualTo(expected));
    }
}
