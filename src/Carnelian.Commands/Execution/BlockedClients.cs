namespace Carnelian;

/// <summary>
/// A call that waits: for a key, an offset, a time. The session's further requests wait behind it. Whoever blocks says what
/// is done when one of its keys becomes ready and when its time is over; both answer the client.
/// </summary>
public abstract class BlockedCall(Session session, long deadlineMs)
{
    public const long NoDeadline = 0;

    public Session Session { get; } = session;

    /// <summary>Milliseconds of the monotonic clock (<see cref="Call.MonotonicMs"/>), or <see cref="NoDeadline"/>.</summary>
    public long DeadlineMs { get; } = deadlineMs;

    /// <summary>
    /// A key that it waits for has come to be; without keys: another turn has come. True when it could be served, and so has been answered.
    /// </summary>
    public abstract bool OnReady(ref Call call, ReadOnlySpan<byte> key);

    /// <summary>The deadline has passed (or CLIENT UNBLOCK came): answers what a timeout answers.</summary>
    public abstract void OnTimeout(ref Call call);

    internal List<(Database Database, byte[] Key)> Keys { get; } = [];
}

/// <summary>
/// Sessions whose calls wait, first come first served per key. A client waits here, never a thread. Ready keys are
/// announced by the commands that fill them and served after the announcing call, each as a call of its own.
/// </summary>
public sealed class BlockedClients(Executor executor) : IKeyWaiters
{
    private readonly Dictionary<(int Database, ByteKey Key), LinkedList<BlockedCall>> _waiting = [];
    private readonly PriorityQueue<BlockedCall, long> _deadlines = new();
    private readonly List<(Database Database, byte[] Key)> _ready = [];
    private readonly List<BlockedCall> _asking = [];

    /// <summary>How many sessions wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them have a deadline.</summary>
    public int CountWithDeadline { get; private set; }

    /// <summary>How many keys are waited for.</summary>
    public int KeyCount => _waiting.Count;

    public bool HasReady => _ready.Count > 0;

    /// <summary>A session waits for something else than a key, and is asked once a turn.</summary>
    public bool HasAsking => _asking.Count > 0;

    /// <summary>Called when a session has been answered and waits no longer: its reply is to be sent.</summary>
    public Action<Session>? Unblocked { get; set; }

    public void Block(BlockedCall call, Database database, params ReadOnlySpan<byte[]> keys)
    {
        Check.That(call.Session.Blocked is null);
        call.Session.Blocked = call;
        Count++;
        foreach (var key in keys)
        {
            var place = (database.Number, new ByteKey(key));
            if (!_waiting.TryGetValue(place, out var queue)) _waiting[place] = queue = new();
            queue.AddLast(call);
            call.Keys.Add((database, key));
        }
        if (keys.IsEmpty) _asking.Add(call);
        else executor.Keyspace.Waiters ??= this;
        if (call.DeadlineMs == BlockedCall.NoDeadline) return;
        CountWithDeadline++;
        _deadlines.Enqueue(call, call.DeadlineMs);
    }

    void IKeyWaiters.OnCreated(Database database, Key key) => Announce(database, key.Bytes);

    void IKeyWaiters.OnSwapped(Database database)
    {
        foreach (var (number, key) in _waiting.Keys)
        {
            if (number == database.Number && database.Data.Contains(database.Keyspace.KeyOf(key.Bytes))) _ready.Add((database, key.Bytes));
        }
    }

    /// <summary>Marks a key as ready if it is waited for. Only for changes of a key that exists: new keys are announced by the keyspace.</summary>
    public void Announce(Database database, ReadOnlySpan<byte> key)
    {
        if (Count > 0 && _waiting.ContainsKey((database.Number, new(key.ToArray())))) _ready.Add((database, key.ToArray()));
    }

    /// <summary>Ends the waiting of a session without an answer: it was served, or is gone.</summary>
    public void Remove(Session session)
    {
        if (session.Blocked is not { } call) return;
        session.Blocked = null;
        Count--;
        if (call.DeadlineMs != BlockedCall.NoDeadline) CountWithDeadline--;
        _asking.Remove(call);
        foreach (var (database, key) in call.Keys)
        {
            var place = (database.Number, new ByteKey(key));
            if (!_waiting.TryGetValue(place, out var queue)) continue;
            queue.Remove(call);
            if (queue.Count == 0) _waiting.Remove(place);
        }
        if (_waiting.Count == 0 && executor.Keyspace.Waiters == this) executor.Keyspace.Waiters = null;
    }

    /// <summary>Ends a session's waiting as if its time were over.</summary>
    public void TimeOut(Session session)
    {
        if (session.Blocked is not { } blocked) return;
        Remove(session);
        var call = new Call(executor, session, session.Replies);
        blocked.OnTimeout(ref call);
        call.Reply.Flush();
        Unblocked?.Invoke(session);
    }

    /// <summary>Answers those whose time is over. Returns the next deadline, or long.MaxValue.</summary>
    public long TimeOutUntil(long nowMs)
    {
        while (_deadlines.TryPeek(out var call, out var deadline))
        {
            if (call.Session.Blocked != call) _deadlines.Dequeue();
            else if (deadline > nowMs) return deadline;
            else
            {
                _deadlines.Dequeue();
                TimeOut(call.Session);
            }
        }
        return long.MaxValue;
    }

    /// <summary>Serves the keys announced so far, and those announced by that, in order.</summary>
    internal void ServeReady()
    {
        for (var i = 0; i < _ready.Count; i++)
        {
            var (database, key) = _ready[i];
            if (_waiting.TryGetValue((database.Number, new(key)), out var queue)) Serve(queue, key);
        }
        _ready.Clear();
    }

    /// <summary>Asks those who wait for no key whether their time has come; once a turn.</summary>
    public void ServeAsking()
    {
        for (var i = _asking.Count - 1; i >= 0; i--) Serve(_asking[i], default);
    }

    private void Serve(LinkedList<BlockedCall> queue, byte[] key)
    {
        for (var node = queue.First; node is not null;)
        {
            var next = node.Next;
            Serve(node.Value, key);
            node = next;
        }
    }

    private void Serve(BlockedCall blocked, ReadOnlySpan<byte> key)
    {
        executor.Keyspace.Changes.BeginUnit();
        var call = new Call(executor, blocked.Session, blocked.Session.Replies);
        var served = blocked.OnReady(ref call, key);
        call.Reply.Flush();
        if (!served) return;
        Remove(blocked.Session);
        Unblocked?.Invoke(blocked.Session);
    }

    /// <summary>Bytes as a dictionary's key.</summary>
    private readonly struct ByteKey(byte[] bytes) : IEquatable<ByteKey>
    {
        public byte[] Bytes { get; } = bytes;

        public bool Equals(ByteKey other) => Bytes.AsSpan().SequenceEqual(other.Bytes);

        public override bool Equals(object? obj) => obj is ByteKey other && Equals(other);

        public override int GetHashCode()
        {
            var hash = default(HashCode);
            hash.AddBytes(Bytes);
            return hash.ToHashCode();
        }
    }
}
