namespace Carnelian.Tests;

public sealed class RecordedReplyTests
{
    private static IEnumerable<TestCaseData> Exchanges() =>
        CommandHarness.Recorded("command-redis-8.0.6").Select(e => new TestCaseData(e.Request, e.Resp3, e.Reply).SetArgDisplayNames(e.Request, e.Resp3 ? "RESP3" : "RESP2"));

    [TestCaseSource(nameof(Exchanges))]
    public void Replies_are_those_of_Redis_8_0_6(string request, bool resp3, string reply) =>
        Assert.That(CommandHarness.Run(request, resp3), Is.EqualTo(reply));

    [Test]
    public void The_recording_is_not_empty() => Assert.That(Exchanges().Count(), Is.GreaterThan(100));

    [Test]
    public void Without_names_all_commands_are_told()
    {
        var top = CommandHarness.Samples.TopLevel.Length;
        Assert.Multiple(() =>
        {
            Assert.That(CommandHarness.Run("COMMAND COUNT"), Is.EqualTo($":{top}\n"));
            Assert.That(CommandHarness.Run("COMMAND"), Does.StartWith($"*{top}\n*10\n"));
            Assert.That(CommandHarness.Run("COMMAND INFO"), Is.EqualTo(CommandHarness.Run("COMMAND")));
            Assert.That(CommandHarness.Run("COMMAND DOCS"), Does.StartWith($"*{top * 2}\n$"));
            Assert.That(CommandHarness.Run("COMMAND LIST"), Does.StartWith($"*{CommandHarness.Samples.All.Length}\n$"));
        });
    }

    [Test]
    public void A_container_tells_its_subcommands()
    {
        Assert.That(CommandHarness.Run("COMMAND INFO config"), Does.EndWith("*1\n" + CommandHarness.Run("COMMAND INFO config|get")["*1\n".Length..]));
        Assert.That(CommandHarness.Run("COMMAND DOCS config", resp3: true), Does.EndWith("$11\nsubcommands\n" + CommandHarness.Run("COMMAND DOCS config|get", resp3: true)));
    }
}
