using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>rq, a queue of jobs for Python, at its real work.</summary>
public class RqTests
{
    private static readonly string _folder = Path.Combine(AppContext.BaseDirectory, "JobQueues");

    [Test]
    public void Rq_does_what_it_does_with_Redis_also_where_workers_are_killed()
    {
        ClientPrograms.Rq();
        using var server = new CarnelianServer();
        var outcome = Run(server.Port);
        Assert.That((outcome.Status, outcome.Output.EndsWith("session complete\n", StringComparison.Ordinal)), Is.EqualTo((0, true)),
            () => $"{outcome.Everything}\nThe server's log:\n{server.Log}");
        using var redis = ReferenceServer.Start("redis");
        Assert.That(outcome.Output, Is.EqualTo(Run(redis.Port).Output));
    }

    [Test]
    public void Rq_empties_a_queue_by_a_script()
    {
        ClientPrograms.Rq();
        using var server = new CarnelianServer();
        const string Code = "import redis, rq, sys; q = rq.Queue(connection=redis.Redis(port=int(sys.argv[1]))); [q.enqueue('os.getpid') for _ in range(3)]; print(q.count, q.empty(), q.count)";
        Assert.That(ChildProcess.Run(ClientPrograms.Python(), ["-c", Code, $"{server.Port}"]).Output, Is.EqualTo("3 3 0\n"));
    }

    private static Outcome Run(int port)
    {
        var start = new ProcessStartInfo(ClientPrograms.Python(), [Path.Combine(_folder, "rq_session.py")]);
        start.Environment["REDIS_URL"] = $"redis://127.0.0.1:{port}";
        start.Environment["PYTHONPATH"] = _folder;
        start.Environment["PYTHONDONTWRITEBYTECODE"] = "1";
        return ChildProcess.Run(start);
    }
}
