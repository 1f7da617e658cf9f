namespace Carnelian.Tests;

/// <summary>Places and distances, each test on a packed set and on a table.</summary>
internal sealed class GeoCommandTests(RespVersion version) : CommandFixture(version)
{
    private const string Sicily = "13.361389 38.115556 Palermo 15.087269 37.502669 Catania";

    private string Number(string text) => IsResp3 ? $",{text}" : $"\"{text}\"";

    private void Limit(bool isTable) => Run($"CONFIG SET zset-max-listpack-entries {(isTable ? 0 : 128)}");

    [Test]
    public void Geoadd_counts_new_members_and_with_ch_changed_ones_too([Values] bool isTable)
    {
        Limit(isTable);
        Assert.That(Run($"GEOADD g {Sicily}"), Is.EqualTo(":2"));
        Assert.That(Run("GEOADD g 13 38 Palermo 14 37 x"), Is.EqualTo(":1"));
        Assert.That(Run("GEOADD g CH NX 1 1 Palermo 2 2 y"), Is.EqualTo(":1"));
        Assert.That(Run("GEOADD g CH XX 1 1 Palermo 2 2 z"), Is.EqualTo(":1"));
        Assert.That(Run("ZCARD g"), Is.EqualTo(":4"));
        Assert.That(Run("GEOADD missing XX 1 1 a"), Is.EqualTo(":0"));
        Assert.That(Run("EXISTS missing"), Is.EqualTo(":0"));
    }

    [TestCase("GEOADD g 1 1 a 2", "-ERR syntax error"), TestCase("GEOADD g NX XX 1 1 a", "-ERR syntax error"), TestCase("GEOADD g CH CH CH", "-ERR syntax error")]
    [TestCase("GEOADD g 1 1 a x 1 b", "-ERR value is not a valid float"), TestCase("GEOADD g 1 1 a 181 1 b", "-ERR invalid longitude,latitude pair 181.000000,1.000000")]
    [TestCase("GEOADD g 1 -inf a", "-ERR invalid longitude,latitude pair 1.000000,-inf")]
    public void Geoadd_refuses_what_is_wrong_and_adds_nothing(string request, string error)
    {
        Assert.That(Run(request), Is.EqualTo(error));
        Assert.That(Run("EXISTS g"), Is.EqualTo(":0"));
    }

    [Test]
    public void Members_have_places_hashes_and_distances([Values] bool isTable)
    {
        Limit(isTable);
        Run($"GEOADD g {Sicily}");
        Assert.That(Run("GEOPOS g Palermo x"), Is.EqualTo($"[[{Number("13.361389338970184")}, {Number("38.1155563954963")}], nil]"));
        Assert.That(Run("GEOHASH g Palermo x Catania"), Is.EqualTo("[\"sqc8b49rny0\", nil, \"sqdtr74hyu0\"]"));
        Assert.That(Run("GEODIST g Palermo Catania"), Is.EqualTo("\"166274.1516\""));
        Assert.That(Run("GEODIST g Palermo Catania KM"), Is.EqualTo("\"166.2742\""));
        Assert.That(Run("GEODIST g Palermo x"), Is.EqualTo("nil"));
        Assert.That(Run("GEODIST missing a b"), Is.EqualTo("nil"));
        Assert.That(Run("GEODIST g Palermo Catania x"), Is.EqualTo("-ERR unsupported unit provided. please use M, KM, FT, MI"));
        Assert.That(Run("GEODIST g Palermo Catania m m"), Is.EqualTo("-ERR syntax error"));
        Assert.That(Run("GEOPOS missing a"), Is.EqualTo("[nil]"));
        Assert.That(Run("GEOPOS g"), Is.EqualTo("[]"));
    }

    [Test]
    public void Wrong_types_are_told_first()
    {
        Run("SET s v");
        foreach (var request in (string[])["GEOADD s 1 1 a", "GEOPOS s a", "GEODIST s a b", "GEOHASH s a", "GEOSEARCH s a b c d e", "GEOSEARCHSTORE to s a b c d e", "GEORADIUS s x x x x"])
            Assert.That(Run(request), Does.StartWith("-WRONGTYPE"), request);
    }
}
