using System.Text;

namespace Carnelian.Tests;

/// <summary>redis-cli --pipe: mass insertion of the raw protocol.</summary>
[TestFixture("7")]
[TestFixture("8")]
public class PipeModeTests(string version)
{
    private const int Commands = 1_000_000;

    private string Cli => version == "7" ? ClientPrograms.RedisCli() : ClientPrograms.Reference("redis-cli");

    [Test]
    public void A_million_commands_are_answered_without_an_error()
    {
        using var server = new CarnelianServer();
        var outcome = ChildProcess.Run(Cli, ["-p", $"{server.Port}", "--pipe"], stream => WriteSets(stream, 0, Commands));
        Assert.That(outcome.Output, Does.EndWith($"errors: 0, replies: {Commands}\n"), outcome.Everything);
        Assert.That(outcome.Status, Is.Zero);
        Assert.That(Ask(server, "DBSIZE"), Is.EqualTo($"{Commands}\n"));
        Assert.That(Ask(server, "GET", "key:999999"), Is.EqualTo("value 999999\n"));
    }

    /// <summary>
    /// The connection is closed while more is on its way, so, as with Redis, whether redis-cli still prints the error or only the
    /// reset of the connection is chance: the server's log says it in any case.
    /// </summary>
    [Test]
    public void Malformed_protocol_ends_the_stream_with_a_reason_and_keeps_what_came_before()
    {
        using var server = new CarnelianServer("--loglevel", "verbose");
        var outcome = ChildProcess.Run(Cli, ["-p", $"{server.Port}", "--pipe"], stream =>
        {
            WriteSets(stream, 0, Commands / 2);
            stream.Write("*3\r\n$3\r\nSET\r\n!6\r\nbroken\r\n$1\r\nv\r\n"u8);
            WriteSets(stream, Commands / 2, Commands);
        });
        Assert.That(outcome.Status, Is.Not.Zero, outcome.Everything);
        Assert.That(outcome.Output, Does.Not.Contain("errors: 0"));
        server.WaitForLog("Protocol error (expected $ but got something else) from client: ");
        Assert.That(Ask(server, "DBSIZE"), Is.EqualTo($"{Commands / 2}\n"));
        Assert.That(Ask(server, "GET", $"key:{Commands / 2 - 1}"), Is.EqualTo($"value {Commands / 2 - 1}\n"));
    }

    private string Ask(CarnelianServer server, params string[] command) =>
        ChildProcess.Run(Cli, ["-p", $"{server.Port}", .. command]).Output;

    private static void WriteSets(Stream to, int from, int end)
    {
        using var writer = new StreamWriter(to, Encoding.ASCII, 1 << 20, leaveOpen: true);
        for (var i = from; i < end; i++)
        {
            var key = $"key:{i}";
            var value = $"value {i}";
            writer.Write($"*3\r\n$3\r\nSET\r\n${key.Length}\r\n{key}\r\n${value.Length}\r\n{value}\r\n");
        }
    }
}
