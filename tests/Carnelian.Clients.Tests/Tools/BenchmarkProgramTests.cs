namespace Carnelian.Tests;

public class BenchmarkProgramTests
{
    [TestCase("redis-benchmark")]
    [TestCase("valkey-benchmark")]
    public void It_measures_without_an_error(string program)
    {
        using var server = new CarnelianServer();
        var outcome = ChildProcess.Run(ClientPrograms.Reference(program), ["-p", $"{server.Port}", "-t", "set,get,incr,mset,ping", "-n", "1000", "-q"]);
        Assert.That(outcome.Status, Is.Zero, outcome.Everything);
        Assert.Multiple(() =>
        {
            foreach (var test in new[] { "PING_INLINE", "PING_MBULK", "SET", "GET", "INCR", "MSET (10 keys)" })
                Assert.That(outcome.Output, Does.Match($@"{System.Text.RegularExpressions.Regex.Escape(test)}: [1-9][0-9.]* requests per second"));
            Assert.That(outcome.Everything, Does.Not.Contain("rror").And.Not.Contain("ARNING"));
        });
    }
}
