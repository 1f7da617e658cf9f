using Microsoft.Extensions.Logging;

namespace Carnelian;

/// <summary>
/// What the server does besides serving: expiry, rehashing, freeing, defragmentation, closing idle clients. A round
/// comes due <see cref="ServerOptions.Hz"/> times a second; every cron job has a budget, so that no turn becomes long.
/// </summary>
internal sealed class Cron
{
    private const long RehashMicroseconds = 500, LazyFreeMicroseconds = 1000, LoadingMicroseconds = 1000;
    private const int RehashBurst = 64;
    private const int ClientsPerRoundMin = 5;

    /// <summary>While a cron job has more to do, it gets a slice so often, whatever the load: clients keep most of the time.</summary>
    private const int SliceEveryMs = 3;

    private readonly Server _server;
    private readonly ActiveExpiry _expiry;
    private readonly SnapshotSlices _snapshots;

    // When the next ones come due. All time here is the monotonic clock's: one who sets the wall clock must not stop or hasten anything.
    private long _nextRoundMs;
    private long _nextSliceMs;

    private long _nextTimeoutMs = long.MaxValue;
    private bool _hasMore;
    private bool _loadingWaits;
    private LinkedListNode<Client>? _nextClient;

    public Cron(Server server)
    {
        _server = server;
        _expiry = new(server.Keyspace);
        Defragmentation = new(server.Keyspace);
        _snapshots = new(server);
        _nextRoundMs = server.MonotonicMs;
        server.Keyspace.Access.Advance(server.MonotonicMs);
    }

    public Defragmentation Defragmentation { get; }

    /// <summary>DEBUG SET-ACTIVE-EXPIRE.</summary>
    public bool ActiveExpiryEnabled { get; set; } = true;

    /// <summary>DEBUG PAUSE-CRON: nothing is done but timing out what waits.</summary>
    public bool IsPaused { get; set; }

    /// <summary>A flush has left something to free: who asked for it may wait for that.</summary>
    private bool HasMore => _hasMore || _server.Keyspace.LazyFree.IsPending || _server.Executor.Transactions.Watched.HasToForget
        || _server.Subscriptions.HasToForget;

    /// <summary>How long the loop may wait for the network.</summary>
    public int MillisecondsToNext()
    {
        if (_server.Loading.IsOn) return _loadingWaits ? 1 : 0;
        if (_server.MemoryLimit.IsEvicting) return 0;
        var due = IsPaused ? _nextTimeoutMs : Math.Min(Math.Min(_nextTimeoutMs, _snapshots.DueMs), HasMore ? _nextSliceMs : _nextRoundMs);
        due = Math.Min(due, Math.Min(_server.Pause.DueMs, Math.Min(Math.Min(_server.Migrations.DueMs, _server.Backups.DueMs), _server.AppendOnlyOutput.DueMs)));
        return (int)Math.Clamp(due - _server.MonotonicMs, 0, 1000);
    }

    /// <summary>Does what is due; called once per turn.</summary>
    public void Turn()
    {
        var nowMs = _server.MonotonicMs;
        _nextTimeoutMs = _server.Executor.BlockedClients.TimeOutUntil(nowMs);
        _server.Keyspace.Author = _server.Keyspace.Self;
        if (_server.Loading.IsOn)
        {
            _loadingWaits = !_server.Loading.Run(_server.World.StartBudget(LoadingMicroseconds));
            return;
        }
        _server.MemoryLimit.Turn();
        if (IsPaused) return;
        _server.Watchdog.Begin("background work");
        RunDue(nowMs);
        _server.Watchdog.End();
    }

    private void RunDue(long nowMs)
    {
        if (HasMore && nowMs >= _nextSliceMs) DoMore(nowMs);
        _snapshots.Turn(nowMs);
        _server.Backups.Turn();
        if (_server.Executor.BlockedClients.HasAsking) _server.Executor.BlockedClients.ServeAsking();
        if (nowMs < _nextRoundMs) return;
        _nextRoundMs = nowMs + 1000 / _server.Options.Hz;
        var began = _server.World.Clock.MonotonicNanoseconds;
        _server.Statistics.Sample(began, _server.Executor.CallsProcessed);
        _server.Keyspace.Access.Advance(nowMs);
        _server.Allocator.Age();
        _server.Clients.OutputChunks.Age();
        _server.AppendOnly.Rewrites.Turn();
        _server.Saves.Turn();
        CheckClients(nowMs);
        _server.Clients.CloseLingering();
        _server.Migrations.CloseIdle();
        MemoryUse.NotePeak(_server);
        _server.Statistics.CronNanoseconds += _server.World.Clock.MonotonicNanoseconds - began;
        if (!HasMore) DoMore(nowMs);
    }

    /// <summary>Jobs that may need many slices; they go on turn after turn while one has more to do.</summary>
    private void DoMore(long nowMs)
    {
        _nextSliceMs = nowMs + SliceEveryMs;
        var world = _server.World;
        var keyspace = _server.Keyspace;
        var statistics = _server.Statistics;
        var began = world.Clock.MonotonicNanoseconds;
        _hasMore = ActiveExpiryEnabled && !_server.SnapshotFiles.Snapshots.IsFull && _expiry.Run(world.StartBudget(_expiry.BudgetMicroseconds(SliceEveryMs)));
        var expiry = world.Clock.MonotonicNanoseconds - began;
        statistics.ExpiryNanoseconds += expiry;
        _server.Executor.Logs.Latency.Note(LatencyEvents.ExpireCycle, expiry);
        _hasMore |= Rehash(world.StartBudget(RehashMicroseconds));
        if (keyspace.LazyFree.IsPending) keyspace.LazyFree.Run(world.StartBudget(LazyFreeMicroseconds));
        Forget(world.StartBudget(LazyFreeMicroseconds));
        Defragment();
        statistics.CronNanoseconds += world.Clock.MonotonicNanoseconds - began;
    }

    /// <summary>What clients have watched and subscribed to who are gone.</summary>
    private void Forget(Budget budget)
    {
        var watched = _server.Executor.Transactions.Watched;
        while (watched.HasToForget && !budget.Spent) watched.ForgetSome();
        while (_server.Subscriptions.HasToForget && !budget.Spent) _server.Subscriptions.ForgetSome();
    }

    /// <summary>A slice takes the part of the time between slices that the round may have.</summary>
    private void Defragment()
    {
        if (!_server.Keyspace.Options.ActiveDefragmentation)
        {
            Defragmentation.Stop();
            return;
        }
        if (!Defragmentation.IsDue()) return;
        var clock = _server.World.Clock;
        var began = clock.MonotonicNanoseconds;
        _hasMore |= Defragmentation.Run(_server.World.StartBudget(Defragmentation.CyclePercent * SliceEveryMs * 10));
        _server.Executor.Logs.Latency.Note(LatencyEvents.DefragmentationCycle, clock.MonotonicNanoseconds - began);
    }

    private bool Rehash(Budget budget)
    {
        foreach (var database in _server.Keyspace.Databases)
        {
            while (database.Data.RehashSome(RehashBurst))
            {
                if (budget.Spent) return true;
            }
        }
        return false;
    }

    /// <summary>Looks after each client about once a second, a part of them each round.</summary>
    private void CheckClients(long nowMs)
    {
        var clients = _server.Clients;
        for (var left = Math.Min(clients.Count, Math.Max(ClientsPerRoundMin, clients.Count / _server.Options.Hz)); left > 0; left--)
        {
            // A client that was closed is in no list any more: begin again.
            var node = _nextClient?.List is not null ? _nextClient : clients.First;
            if (node is null) return;
            _nextClient = node.Next;
            CheckClient(node.Value, nowMs);
        }
    }

    private void CheckClient(Client client, long nowMs)
    {
        var timeoutMs = _server.Options.TimeoutSeconds * 1000L;
        if (timeoutMs > 0 && nowMs - client.LastInteractionMs > timeoutMs && client.Class == ClientClass.Normal && client.Blocked is null
            && !client.IsMonitor)
        {
            _server.Log.LogDebug("Closing idle client");
            _server.Clients.Close(client);
        }
        else
        {
            _server.Statistics.ClientPeaks.Track(nowMs / 1000, client.InputCapacity + client.ArgumentBytes, client.Output.MemoryBytes);
            client.Check();
        }
    }
}
