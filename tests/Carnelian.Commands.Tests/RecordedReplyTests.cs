namespace Carnelian.Tests;

public sealed class RecordedReplyTests
{
    /// <summary>The comparison with Redis plays it too, to the whole server, and leaves out there what is still to come.</summary>
    [Test]
    public void Replies_are_those_of_Redis_8_0_6()
    {
        var scenario = Scenario.Load(ScenarioFolder.PathOf("command.txt"));
        var recording = Recording.Load(ScenarioFolder.PathOf("command.redis-8.0.6.replies"));
        recording.AssertSame(Recording.Play(scenario, new TableTarget(), "the table"), scenario);
    }

    [Test]
    public void Without_names_all_commands_are_told()
    {
        var top = CommandHarness.Table.TopLevel.Length;
        Assert.Multiple(() =>
        {
            Assert.That(CommandHarness.Run("COMMAND COUNT"), Is.EqualTo($":{top}\n"));
            Assert.That(CommandHarness.Run("COMMAND"), Does.StartWith($"*{top}\n*10\n"));
            Assert.That(CommandHarness.Run("COMMAND INFO"), Is.EqualTo(CommandHarness.Run("COMMAND")));
            Assert.That(CommandHarness.Run("COMMAND DOCS"), Does.StartWith($"*{top * 2}\n$"));
            Assert.That(CommandHarness.Run("COMMAND LIST"), Does.StartWith($"*{CommandHarness.Table.All.Length}\n$"));
        });
    }

    [Test]
    public void A_container_tells_its_subcommands()
    {
        Assert.That(CommandHarness.Run("COMMAND INFO config"), Does.EndWith("*1\n" + CommandHarness.Run("COMMAND INFO config|get")["*1\n".Length..]));
        Assert.That(CommandHarness.Run("COMMAND DOCS config", resp3: true), Does.EndWith("$11\nsubcommands\n" + CommandHarness.Run("COMMAND DOCS config|get", resp3: true)));
    }

    /// <summary>The handlers alone: of what is no COMMAND it knows only that HELLO chooses the protocol.</summary>
    private sealed class TableTarget : IScenarioTarget
    {
        private bool _resp3;

        public (byte[] Replies, bool Closed) Exchange(int connection, ReadOnlySpan<byte> request, int replies)
        {
            var words = Array.ConvertAll(Reply.Read(request, out _)!.Items!, item => item.Text!);
            if (words[0].AsSpan().SequenceEqual("COMMAND"u8)) return (CommandHarness.Run(CommandHarness.Arguments(words), _resp3), false);
            _resp3 |= words[0].AsSpan().SequenceEqual("HELLO"u8);
            return ((_resp3 ? "%0\r\n"u8 : "*0\r\n"u8).ToArray(), false);
        }

        public void Disconnect() => _resp3 = false;

        public void Wait(int milliseconds)
        {
        }

        public void Dispose()
        {
        }
    }
}
