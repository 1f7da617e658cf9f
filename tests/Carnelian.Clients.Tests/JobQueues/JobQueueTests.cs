using System.Diagnostics;

namespace Carnelian.Tests;

/// <summary>Queues of jobs at their real work, by their own libraries, and what becomes of each job is the same as with Redis.</summary>
public class JobQueueTests
{
    private static readonly string _folder = Path.Combine(AppContext.BaseDirectory, "JobQueues");

    [Test]
    public void Rq_does_what_it_does_with_Redis_also_where_workers_are_killed()
    {
        ClientPrograms.Rq();
        Compare(ClientPrograms.Python(), "rq_session.py", ("PYTHONPATH", _folder), ("PYTHONDONTWRITEBYTECODE", "1"));
    }

    [Test]
    public void Rq_empties_a_queue_by_a_script()
    {
        ClientPrograms.Rq();
        using var server = new CarnelianServer();
        const string Code = "import redis, rq, sys; q = rq.Queue(connection=redis.Redis(port=int(sys.argv[1]))); [q.enqueue('os.getpid') for _ in range(3)]; print(q.count, q.empty(), q.count)";
        Assert.That(ChildProcess.Run(ClientPrograms.Python(), ["-c", Code, $"{server.Port}"]).Output, Is.EqualTo("3 3 0\n"));
    }

    [Test]
    public void BullMQ_does_what_it_does_with_Redis_also_where_workers_are_killed() => Compare("node", "bullmq_session.mjs", ("NODE_PATH", ClientPrograms.NodeModules()));

    [Test]
    public void Sidekiq_does_what_it_does_with_Redis_also_where_processes_end()
    {
        ClientPrograms.Sidekiq();
        Compare(ClientPrograms.Ruby(), "sidekiq_session.rb");
    }

    /// <param name="session">Prints a line for what it sees, and "session complete" at its end.</param>
    private static void Compare(string program, string session, params (string Name, string Value)[] environment)
    {
        using var server = new CarnelianServer();
        var outcome = Run(server.Port);
        Assert.That((outcome.Status, outcome.Output.EndsWith("session complete\n", StringComparison.Ordinal)), Is.EqualTo((0, true)),
            () => $"{outcome.Everything}\nThe server's log:\n{server.Log}");
        using var redis = ReferenceServer.Start("redis");
        Assert.That(outcome.Output, Is.EqualTo(Run(redis.Port).Output));

        Outcome Run(int port)
        {
            var start = new ProcessStartInfo(program, [Path.Combine(_folder, session)]);
            start.Environment["REDIS_URL"] = $"redis://127.0.0.1:{port}";
            foreach (var (name, value) in environment) start.Environment[name] = value;
            return ChildProcess.Run(start);
        }
    }
}
