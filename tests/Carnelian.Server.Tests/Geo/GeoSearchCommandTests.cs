using System.Globalization;

namespace Carnelian.Tests;

/// <summary>Searching around a place or a member, each test on a packed set and on a table.</summary>
internal sealed class GeoSearchCommandTests(RespVersion version) : CommandFixture(version)
{
    private string Number(string text) => IsResp3 ? $",{text}" : $"\"{text}\"";

    private void Begin(bool isTable)
    {
        Run($"CONFIG SET zset-max-listpack-entries {(isTable ? 0 : 128)}");
        Run("GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania 12.758489 38.788135 edge1 17.24151 38.788135 edge2");
    }

    [Test]
    public void What_is_near_a_place_or_a_member_is_found([Values] bool isTable)
    {
        Begin(isTable);
        Assert.That(Run("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 200 km ASC"), Is.EqualTo("[\"Catania\", \"Palermo\"]"));
        Assert.That(Run("GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km DESC"), Is.EqualTo("[\"edge1\", \"edge2\", \"Palermo\", \"Catania\"]"));
        Assert.That(Run("GEOSEARCH g FROMMEMBER Palermo BYRADIUS 100 km ASC"), Is.EqualTo("[\"Palermo\", \"edge1\"]"));
        Assert.That(Run("GEOSEARCH g BYPOLYGON 4 12 37 16 37 16 38.5 12 38.5 ASC"), Is.EqualTo("[\"Palermo\", \"Catania\"]"));
        Assert.That(Run("GEORADIUS g 15 37 200 km DESC"), Is.EqualTo("[\"Palermo\", \"Catania\"]"));
        Assert.That(Run("GEORADIUS_RO g 15 37 200 km DESC"), Is.EqualTo("[\"Palermo\", \"Catania\"]"));
        Assert.That(Run("GEORADIUSBYMEMBER g Palermo 100 km ASC"), Is.EqualTo("[\"Palermo\", \"edge1\"]"));
        Assert.That(Run("GEORADIUSBYMEMBER_RO g Palermo 100 km ASC"), Is.EqualTo("[\"Palermo\", \"edge1\"]"));
    }

    [Test]
    public void Count_takes_the_nearest_and_any_the_first([Values] bool isTable)
    {
        Begin(isTable);
        Assert.That(Run("GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km COUNT 1"), Is.EqualTo("[\"Catania\"]"));
        Assert.That(Run("GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km COUNT 1 DESC"), Is.EqualTo("[\"edge1\"]"));
        Assert.That(Run("GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km COUNT 1 ANY"), Is.EqualTo("[\"Palermo\"]"));
        Assert.That(Run("GEOSEARCH g FROMLONLAT 15 37 BYBOX 400 400 km ANY"), Is.EqualTo("-ERR the ANY argument requires COUNT argument"));
    }

    [Test]
    public void Distances_hashes_and_places_follow_the_member([Values] bool isTable)
    {
        Begin(isTable);
        Assert.That(Run("GEOSEARCH g FROMLONLAT 15 37 BYRADIUS 100 km WITHCOORD WITHDIST WITHHASH"),
            Is.EqualTo($"[[\"Catania\", \"56.4413\", :3479447370796909, [{Number("15.087267458438873")}, {Number("37.50266842333162")}]]]"));
    }

    [Test]
    public void What_is_found_is_stored_with_its_hash_or_its_distance([Values] bool isTable)
    {
        Begin(isTable);
        Run("SET to x");
        Assert.That(Run("GEOSEARCHSTORE to g FROMLONLAT 15 37 BYRADIUS 200 km"), Is.EqualTo(":2"));
        Assert.That(Run("ZSCORE to Catania"), Is.EqualTo(Number("3479447370796909")));
        Assert.That(Run("GEORADIUS g 15 37 200 km COUNT 1 STOREDIST to"), Is.EqualTo(":1"));
        Assert.That(Run("ZSCORE to Catania"), Does.Contain("56.44"));
        Assert.That(Run("GEORADIUSBYMEMBER g Catania 1 m STORE to"), Is.EqualTo(":1"));
        Assert.That(Run("GEOSEARCHSTORE to g FROMLONLAT 100 37 BYRADIUS 1 m"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS to"), Is.EqualTo(":0"));
        Assert.That(Run("GEOSEARCHSTORE g g FROMMEMBER Catania BYRADIUS 200 km"), Is.EqualTo(":2"));
        Assert.That(Run("GEOSEARCHSTORE g missing FROMMEMBER Catania BYRADIUS 200 km"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS g"), Is.EqualTo(":0"));
    }

    [TestCase("GEOSEARCH g BYRADIUS 1 m ASC ASC", "-ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for GEOSEARCH")]
    [TestCase("GEOSEARCH g FROMLONLAT 1 1 ASC ASC", "-ERR exactly one of BYRADIUS and BYBOX can be specified for GEOSEARCH")]
    [TestCase("GEOSEARCH g FROMMEMBER x BYRADIUS 1 m", "-ERR could not decode requested zset member"), TestCase("GEOSEARCH g FROMLONLAT 1 1 BYRADIUS -1 m", "-ERR radius cannot be negative")]
    [TestCase("GEOSEARCH g FROMLONLAT 1 1 BYRADIUS x m", "-ERR need numeric radius"), TestCase("GEOSEARCH g FROMLONLAT 1 1 BYBOX x 1 m", "-ERR need numeric width")]
    [TestCase("GEOSEARCH g FROMLONLAT 1 1 BYBOX 1 x m", "-ERR need numeric height"), TestCase("GEOSEARCH g FROMLONLAT 1 1 BYBOX 1 -1 m", "-ERR height or width cannot be negative")]
    [TestCase("GEOSEARCH g FROMLONLAT 1 1 BYRADIUS 1 x", "-ERR unsupported unit provided. please use M, KM, FT, MI")]
    [TestCase("GEOSEARCH g FROMLONLAT 1 1 BYRADIUS 1 m BYBOX 1 1 m", "-ERR syntax error"), TestCase("GEOSEARCH g FROMLONLAT 1 1 FROMMEMBER Palermo BYRADIUS 1 m", "-ERR syntax error")]
    [TestCase("GEOSEARCH g FROMLONLAT 1 1 BYRADIUS 1 m COUNT 0", "-ERR COUNT must be > 0"), TestCase("GEOSEARCH g FROMLONLAT 1 1 BYRADIUS 1 m COUNT x", "-ERR value is not an integer or out of range")]
    [TestCase("GEOSEARCH g FROMLONLAT 1 1 BYRADIUS 1 m STORE to", "-ERR syntax error"), TestCase("GEORADIUS_RO g 1 1 1 m STORE to", "-ERR syntax error")]
    [TestCase("GEOSEARCHSTORE to g FROMLONLAT 1 1 BYRADIUS 1 m WITHDIST", "-ERR GEOSEARCHSTORE is not compatible with WITHDIST, WITHHASH and WITHCOORD options")]
    [TestCase("GEORADIUS g 1 1 1 m STORE to WITHDIST", "-ERR STORE option in GEORADIUS is not compatible with WITHDIST, WITHHASH and WITHCOORD options")]
    [TestCase("GEOSEARCH g BYPOLYGON 2 1 1 2 2", "-ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"), TestCase("GEOSEARCH g BYPOLYGON 3 1 1 2 2 3", "-ERR GEOSEARCH BYPOLYGON must have at least 3 vertices")]
    [TestCase("GEOSEARCH g BYPOLYGON x 1 1 2 2", "-ERR invalid number of vertices"), TestCase("GEOSEARCH g BYPOLYGON 3 1 1 2 2 3 3 FROMLONLAT 1 1", "-ERR syntax error")]
    [TestCase("GEOSEARCH g FROMLONLAT 1 1 BYPOLYGON 3 1 1 2 2 3 3", "-ERR syntax error")]
    public void A_wrong_request_is_told_why(string request, string error)
    {
        Begin(isTable: false);
        Assert.That(Run(request), Is.EqualTo(error));
    }

    [Test]
    public void Who_is_found_is_who_a_look_at_everybody_finds([Range(1, 4)] int seed, [Values] bool isTable)
    {
        Run($"CONFIG SET zset-max-listpack-entries {(isTable ? 0 : 1000)}");
        var random = new Random(seed);
        var places = new Dictionary<string, GeoPoint>();
        for (var i = 0; i < 300; i++)
        {
            // Some are at the same place.
            var point = i % 5 == 4 ? places[$"m{i - 1}"] : new(Math.Round(random.NextDouble() * 40 - 20, 3), Math.Round(random.NextDouble() * 40 + 10, 3));
            Run(string.Create(CultureInfo.InvariantCulture, $"GEOADD g {point.Longitude} {point.Latitude} m{i}"));
            places[$"m{i}"] = GeoPoint.OfScore(point.Score);
        }
        for (var i = 0; i < 100; i++)
        {
            var center = new GeoPoint(Math.Round(random.NextDouble() * 40 - 20, 3), Math.Round(random.NextDouble() * 40 + 10, 3));
            var kilometers = Math.Round(Math.Pow(10, random.NextDouble() * 3), 3);
            var found = places.Where(place => center.MetersTo(place.Value) <= kilometers * 1000).OrderBy(place => center.MetersTo(place.Value)).ToList();
            var from = string.Create(CultureInfo.InvariantCulture, $"GEOSEARCH g FROMLONLAT {center.Longitude} {center.Latitude} BYRADIUS {kilometers} km");
            Assert.That(Names(Run(from)), Is.EquivalentTo(found.Select(place => place.Key)), from);
            var count = random.Next(1, 20);
            var nearest = Names(Run($"{from} COUNT {count}")).Select(name => center.MetersTo(places[name]));
            Assert.That(nearest, Is.EqualTo(found.Take(count).Select(place => center.MetersTo(place.Value))), from);
            var farthest = Names(Run($"{from} COUNT {count} DESC")).Select(name => center.MetersTo(places[name]));
            Assert.That(farthest, Is.EqualTo(found.AsEnumerable().Reverse().Take(count).Select(place => center.MetersTo(place.Value))), from);
        }
    }

    private static string[] Names(string reply) => reply.Trim('[', ']').Split(", ", StringSplitOptions.RemoveEmptyEntries).Select(name => name.Trim('"')).ToArray();
}
