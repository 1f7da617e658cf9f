using System.Collections.Concurrent;

namespace Carnelian;

/// <summary>The loop of the command thread. One thread calls <see cref="Turn"/> or <see cref="Run"/>; others may only post and ask it to stop.</summary>
internal sealed class TurnLoop(Server server)
{
    private readonly Queue<Session> _unblocked = new();
    private readonly ConcurrentQueue<Action> _inbox = new();
    private volatile bool _stopRequested;

    public bool StopRequested => _stopRequested;

    /// <summary>Turns until somebody asks to stop.</summary>
    public void Run()
    {
        while (!_stopRequested) Turn();
    }

    /// <summary>One turn: wait, run what came, do cron work within its budgets, then hand over what is to be sent.</summary>
    public void Turn()
    {
        var (executor, clients, world) = (server.Executor, server.Clients, server.World);
        var calls = executor.CallsProcessed;
        clients.Lane.Turn(clients.HasQueued || clients.Eviction.IsBehind ? 0 : server.Cron.MillisecondsToNext());
        executor.BeginTurn();
        server.Watchdog.Begin("work between requests");
        world.HandOvers.Deliver();
        world.Workers.DeliverCompleted();
        RunPosted();
        server.Pause.Turn(GoOn);
        server.Scripting.Turn(GoOn);
        server.Migrations.Turn();
        server.AppendOnlyOutput.RunWaiting(GoOn);
        server.Cron.Turn();
        server.SnapshotBound.Turn(GoOn);
        executor.BlockedClients.ServeAnnounced();
        RunUnblocked();
        server.Keyspace.Changes.Deliver();
        server.AppendOnlyOutput.Turn();
        clients.Outbox.HandOverAll();
        server.LocalReplies.Release();
        clients.CloseQueued();
        clients.Eviction.Run();
        server.Watchdog.End();
        server.Statistics.CountTurn(executor.EndTurn(), executor.CallsProcessed - calls);
    }

    /// <summary>
    /// A turn within a call that lasts long: receives, runs what gates admit, takes what workers have done, and sends what tells of closed units only. No cron,
    /// nothing posted, and nobody goes on who waited.
    /// </summary>
    public void TurnInside(int waitMs)
    {
        var (clients, world) = (server.Clients, server.World);
        clients.Lane.TurnInside(waitMs);
        world.HandOvers.Deliver();
        world.Workers.DeliverCompleted();
        server.Keyspace.Changes.DeliverClosed();
        clients.Outbox.HandOverIdle();
        server.LocalReplies.Release();
        clients.CloseQueued();
        clients.Eviction.Run();
    }

    /// <summary>Ends <see cref="Run"/> soon. Any thread; also a signal handler.</summary>
    public void RequestStop()
    {
        _stopRequested = true;
        server.World.Network.Wake();
    }

    /// <summary>Runs an action on the command thread, soon and between requests. Any thread; actions of one thread keep their order.</summary>
    public void Post(Action action)
    {
        _inbox.Enqueue(action);
        server.World.Network.Wake();
    }

    /// <summary>Only what is there by now: an action may post another.</summary>
    public void RunPosted()
    {
        for (var left = _inbox.Count; left > 0 && _inbox.TryDequeue(out var action); left--) action();
    }

    /// <summary>A session's blocked call is over: it goes on later in the turn.</summary>
    public void Unblock(Session session) => _unblocked.Enqueue(session);

    /// <summary>
    /// Goes on with sessions whose blocked calls are over. Not where these were served, in the midst of another session's
    /// batch of requests: what waits behind a blocked call runs as requests of its own.
    /// </summary>
    private void RunUnblocked()
    {
        while (_unblocked.TryDequeue(out var session)) GoOn(session);
    }

    private static void GoOn(Session session)
    {
        if (session is Client { IsClosed: false } client) client.OnUnblocked();
        else (session as LocalSession)?.OnUnblocked();
    }
}
