using System.Net;

namespace Carnelian;

/// <summary>
/// CONFIG SET bind with names: a worker looks them up, which may take seconds, and only the client waits. Then all of the request is set at once,
/// as where the addresses are given.
/// </summary>
internal sealed class BindLookup(Session session, Listeners listeners, string[] names, Func<string?> set) : BlockedCondition(session)
{
    private readonly Job _job = new(listeners, names);

    /// <summary>Begins when a name has to be looked up; the call is answered later.</summary>
    /// <param name="pairs">Names and values of CONFIG SET by turns.</param>
    /// <param name="set">Sets them. Null, or why not.</param>
    /// <returns>False when there is nothing to look up.</returns>
    public static bool TryBegin(ref Call call, ReadOnlySpan<string> pairs, Func<string?> set)
    {
        var server = call.Server();
        for (var i = 0; i + 1 < pairs.Length; i += 2)
        {
            if (!pairs[i].Equals("bind", StringComparison.OrdinalIgnoreCase)) continue;
            if (Listeners.NamesIn(pairs[i + 1].Split(' ')) is not { Length: > 0 and <= Listeners.BindMax } names) return false;
            var lookup = new BindLookup(call.Session, server.Listeners, names, set);
            server.World.Workers.Post(WorkerQueue.NameLookup, lookup._job);
            call.Executor.BlockedClients.Wait(lookup);
            return true;
        }
        return false;
    }

    public override bool TryAnswer(ref Call call)
    {
        if (!_job.IsDone) return false;
        if (set() is { } error) call.Fail(error);
        else call.Reply.Ok();
        return true;
    }

    private sealed class Job(Listeners listeners, string[] names) : WorkerJob
    {
        private readonly IPAddress[][] _found = new IPAddress[names.Length][];

        public bool IsDone { get; private set; }

        public override void Run()
        {
            for (var i = 0; i < names.Length; i++) _found[i] = listeners.Resolve(names[i]);
        }

        public override void Completed()
        {
            listeners.Learn(names, _found);
            IsDone = true;
        }
    }
}
