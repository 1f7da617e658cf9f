using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>Clients of other languages run a session: connect as they do, the usual commands, pipelines, binary values, errors.</summary>
public class ScriptSessionTests
{
    [Test]
    public void Redis_py_runs_a_session() => Run(ClientPrograms.Python(), "session.py");

    [Test]
    public void Ruby_redis_runs_a_session() => Run(ClientPrograms.Ruby(), "session.rb");

    [Test]
    public void Ioredis_runs_a_session() => Run("node", "session-ioredis.mjs", ("NODE_PATH", ClientPrograms.NodeModules()));

    [Test]
    public void Node_redis_runs_a_session() => Run("node", "session-node-redis.mjs", ("NODE_PATH", ClientPrograms.NodeModules()));

    private static void Run(string program, string script, params (string Name, string Value)[] environment)
    {
        using var server = new CarnelianServer();
        var path = Path.Combine(AppContext.BaseDirectory, "Sessions", script);
        var start = new ProcessStartInfo(program, [path, $"{server.Port}", server.Socket]);
        foreach (var (name, value) in environment) start.Environment[name] = value;
        var outcome = ChildProcess.Run(start);
        Assert.That((outcome.Status, outcome.Output.EndsWith("session complete\n", StringComparison.Ordinal)), Is.EqualTo((0, true)),
            () => $"{outcome.Everything}\nThe server's log:\n{server.Log}");
    }
}
