namespace Carnelian.Tests;

internal sealed class ErrorStatisticsTests
{
    private static string[] Codes(SimulatedServer server) =>
        [.. server.Client.RunValue("INFO", "errorstats").Text!.Split("\r\n").Where(line => line.StartsWith("errorstat_", StringComparison.Ordinal))];

    [Test]
    public void Error_replies_are_counted_by_their_code()
    {
        using var server = new SimulatedServer();
        server.Run("NONSENSE");
        server.Run("GET");
        server.Run("AUTH", "default", "x", "y");
        server.Run("HELLO", "9");
        server.Run("AUTH", "nobody", "x");
        Assert.That(Codes(server), Is.EqualTo(new[] { "errorstat_ERR:count=3", "errorstat_NOPROTO:count=1", "errorstat_WRONGPASS:count=1" }));
        Assert.That(server.Run("INFO", "stats"), Does.Contain("\r\ntotal_error_replies:5\r\n").And.Contain("\r\nacl_access_denied_auth:1\r\n"));
        server.Run("CONFIG", "RESETSTAT");
        Assert.That(Codes(server), Is.Empty);
        Assert.That(server.Run("INFO", "stats"), Does.Contain("\r\ntotal_error_replies:0\r\n").And.Contain("\r\nacl_access_denied_auth:1\r\n"));
    }

    [Test]
    public void A_protocol_error_is_one_too()
    {
        using var server = new SimulatedServer();
        var broken = server.Connect();
        broken.SendRaw("*x\r\n");
        broken.ReadToEnd();
        Assert.That(Codes(server), Is.EqualTo(new[] { "errorstat_ERR:count=1" }));
    }

    [TestCase("CODE rest", "CODE"), TestCase("NOSPACE", "ERR"), TestCase("", "ERR")]
    [TestCase("THIRTYCHARACTERSARENOTTOOMANYY x", "THIRTYCHARACTERSARENOTTOOMANYY"), TestCase("THIRTYONECHARACTERSARE1TOOMANYY x", "ERR")]
    public void A_code_ends_soon_or_is_none(string error, string code)
    {
        var errors = new ErrorStatistics();
        errors.Count(error);
        Assert.That(errors.ByCode.Keys, Is.EqualTo(new[] { code }));
    }

    [Test]
    public void Too_many_codes_end_the_counting_until_it_is_reset()
    {
        var errors = new ErrorStatistics();
        var told = new List<string>();
        errors.TooMany = told.Add;
        for (var i = 0; i < ErrorStatistics.CodesMax; i++) errors.Count($"C{i} text");
        Assert.That(errors.ByCode, Has.Count.EqualTo(ErrorStatistics.CodesMax));
        for (var i = 0; i < 10; i++) errors.Count($"D{i} text");
        Assert.That(errors.ByCode, Is.EqualTo(new Dictionary<string, long> { ["ERRORSTATS_DISABLED"] = 1 }));
        Assert.That(errors.Total, Is.EqualTo(ErrorStatistics.CodesMax + 10));
        Assert.That(told.Single(), Does.StartWith("C0, C1, C10, "));
        errors.Reset();
        errors.Count("ERR x");
        Assert.That(errors.ByCode, Is.EqualTo(new Dictionary<string, long> { ["ERR"] = 1 }));
    }
}
