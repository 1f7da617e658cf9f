namespace Carnelian;

/// <summary>
/// Sessions whose calls wait: a client waits here, never a thread. What waits for keys or for a gate is its copied request, which is run again from its
/// beginning when it may succeed; nothing here knows a command. Keys are served in the order in which they became ready, after the call that made them
/// so, and those who wait for one in the order in which they came, each by a call of its own.
/// </summary>
public sealed class BlockedClients : IKeyWaiters, IDisposable
{
    /// <summary>Marks of a key that is queued: it was changed somehow, it was made, there is something new in it.</summary>
    private const byte IsChanged = 1, IsMade = 2, IsWoken = 4;

    private readonly Executor _executor;
    private readonly Multimap _waiting;

    /// <summary>Requests that wait for keys, by <see cref="BlockedRequest.Holder"/>.</summary>
    private readonly List<BlockedRequest?> _holders = [];
    private readonly Stack<int> _freeHolders = new();
    private readonly Deadlines _deadlines = new();
    private readonly List<BlockedCondition> _asking = [];
    private readonly LinkedList<BlockedRequest> _postponed = new();

    /// <summary>Keys that are ready, each once.</summary>
    private readonly Queue<(Database Database, byte[] Key)> _ready = new();

    /// <summary>The request that is being run again.</summary>
    private BlockedRequest? _rerun;
    private bool _isServing;

    internal BlockedClients(Executor executor)
    {
        _executor = executor;
        _waiting = new(executor.Keyspace.Host, Purpose.Other);
    }

    /// <summary>How many sessions wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many of them have a deadline.</summary>
    public int CountWithDeadline { get; private set; }

    /// <summary>How many keys are waited for.</summary>
    public long KeyCount => _waiting.Groups;

    /// <summary>How many wait for more than that a key is made.</summary>
    private int _countOfModified;

    /// <summary>For how many keys somebody waits who is to hear that they are gone, a key for each of them.</summary>
    private long _waitsForGone;

    internal bool HasReady => _ready.Count > 0 && !_isServing;

    /// <summary>A session waits for something else than a key, and is asked once a turn.</summary>
    public bool HasAsking => _asking.Count > 0;

    /// <summary>Called when a session has been answered and waits no longer: its reply is to be sent.</summary>
    public Action<Session>? Unblocked { get; set; }

    // ---- waiting

    /// <summary>See <see cref="Call.WaitForKeys"/>.</summary>
    internal void WaitForKeys(ref Call call, int firstKey, int endOfKeys, ValueType type, long deadlineMs, CommandHandler answerTimeout, KeyWakes wakes, long runAgainMs)
    {
        if (_rerun is { Holder: >= 0 } same && same.Session == call.Session)
        {
            RunAgainAt(same, runAgainMs);
            same.WaitsOn = true;
            call.Session.Blocked = same;
            return;
        }
        var request = new BlockedRequest(ref call, deadlineMs, answerTimeout) { AwaitedType = type, Wakes = wakes };
        if (!_freeHolders.TryPop(out var holder))
        {
            holder = _holders.Count;
            _holders.Add(null);
        }
        request.Holder = holder;
        _holders[holder] = request;
        for (var i = firstKey; i < endOfKeys; i++)
            _waiting.Add(call.Database.Number, call.Args[i], call.Key(i).Hash, holder, ref request.Keys);
        if (request.Wakes != KeyWakes.WhenMade) CountWakes(request, 1);
        Block(request);
        RunAgainAt(request, runAgainMs);
        _executor.Keyspace.Waiters ??= this;
    }

    /// <summary>Has a call wait for something that is no key; a condition is asked for.</summary>
    public void Wait(BlockedCall call)
    {
        Block(call);
        if (call is BlockedCondition condition) _asking.Add(condition);
    }

    /// <summary>A gate does not want the request now; see <see cref="Reopen"/>.</summary>
    internal void Postpone(ref Call call, Gates gate)
    {
        Check.That(call.MayBlock);
        if (_rerun is { } same && same.Session == call.Session && same.Postponed == gate)
        {
            same.WaitsOn = true;
            call.Session.Blocked = same;
            return;
        }
        var request = new BlockedRequest(ref call, BlockedCall.NoDeadline, static (ref _) => { }) { Postponed = gate };
        Block(request);
        request.Node = _postponed.AddLast(request);
    }

    private void Block(BlockedCall call)
    {
        Check.That(call.Session.Blocked is null);
        call.Session.Blocked = call;
        Count++;
        if (call.DeadlineMs == BlockedCall.NoDeadline) return;
        CountWithDeadline++;
        _deadlines.Add(call);
    }

    /// <summary>Has a request run again at a time, unless its deadline comes first.</summary>
    private void RunAgainAt(BlockedRequest request, long runAgainMs)
    {
        var isEarlier = runAgainMs != BlockedCall.NoDeadline && (request.DeadlineMs == BlockedCall.NoDeadline || runAgainMs < request.DeadlineMs);
        var dueMs = isEarlier ? runAgainMs : request.DeadlineMs;
        if (dueMs == request.DueMs) return;
        _deadlines.Remove(request);
        request.DueMs = dueMs;
        if (dueMs != BlockedCall.NoDeadline) _deadlines.Add(request);
    }

    /// <summary>Ends the waiting of a session without an answer: it was served, or is gone.</summary>
    public void Remove(Session session)
    {
        if (session.Blocked is not { } call) return;
        session.Blocked = null;
        Count--;
        _deadlines.Remove(call);
        if (call.DeadlineMs != BlockedCall.NoDeadline) CountWithDeadline--;
        if (call is BlockedCondition condition) _asking.Remove(condition);
        if (call is BlockedRequest request) Remove(request);
        else call.End();
    }

    private void CountWakes(BlockedRequest request, int sign)
    {
        if ((request.Wakes & KeyWakes.WhenGone) != 0) _waitsForGone += sign * request.Keys.Count;
        var wanted = _countOfModified > 0;
        _countOfModified += sign;
        if (_countOfModified > 0 != wanted) _executor.Keyspace.ListenersChanged();
    }

    private void Remove(BlockedRequest request)
    {
        if (request.Node is { } node) _postponed.Remove(node);
        if (request.Holder >= 0)
        {
            if (request.Wakes != KeyWakes.WhenMade) CountWakes(request, -1);
            _waiting.RemoveAll(ref request.Keys);
            _holders[request.Holder] = null;
            _freeHolders.Push(request.Holder);
            if (_waiting.Links == 0) _executor.Keyspace.Waiters = null;
        }
        // Its words are still in use while it is being run.
        if (request != _rerun) request.End();
    }

    // ---- being answered

    /// <summary>CLIENT UNBLOCK: ends a session's waiting as if its time were over, or with an error. False when it waits for nothing that could end so.</summary>
    public bool Unblock(Session session, bool withError)
    {
        if (session.Blocked is not { CanBeUnblocked: true }) return false;
        End(session, withError);
        return true;
    }

    private void End(Session session, bool withError)
    {
        var blocked = session.Blocked!;
        var call = new Call(_executor, session, session.Replies);
        if (blocked is BlockedRequest request) call.Begin(request.Arguments, request.Command);
        session.Blocked = null;
        if (withError) call.Fail("UNBLOCKED client unblocked via CLIENT UNBLOCK");
        else blocked.AnswerTimeout(ref call);
        if (blocked is BlockedRequest) _executor.CountUnblocked(ref call);
        session.Blocked = blocked;
        call.Reply.Flush();
        Remove(session);
        Unblocked?.Invoke(session);
    }

    /// <summary>Answers those whose time is over, and runs those again who are due. Returns when the next one is, or long.MaxValue.</summary>
    public long TimeOutUntil(long nowMs)
    {
        while (_deadlines.First is { } call)
        {
            if (call.DueMs > nowMs) return call.DueMs;
            if (call.DueMs == call.DeadlineMs) End(call.Session, withError: false);
            else RunAgain((BlockedRequest)call);
        }
        return long.MaxValue;
    }

    /// <summary>Asks those who wait for no key whether their time has come; once a turn.</summary>
    public void ServeAsking()
    {
        for (var i = _asking.Count - 1; i >= 0; i--)
        {
            var condition = _asking[i];
            var call = new Call(_executor, condition.Session, condition.Session.Replies);
            var answered = condition.TryAnswer(ref call);
            call.Reply.Flush();
            if (!answered) continue;
            Remove(condition.Session);
            Unblocked?.Invoke(condition.Session);
        }
    }

    /// <summary>A gate may admit what it has postponed: runs that again, in the order in which it came. Between calls.</summary>
    /// <param name="goOn">Called for each session that has been answered, instead of <see cref="Unblocked"/>: what it has sent behind comes before what others have postponed.</param>
    public void Reopen(Gates gate, Action<Session>? goOn = null)
    {
        // One may end the waiting of others. Each goes to the end before it is run, so that those that wait on keep their order.
        for (var left = _postponed.Count; left > 0 && _postponed.First is { } node; left--)
        {
            _postponed.RemoveFirst();
            _postponed.AddLast(node);
            var request = node.Value;
            if (request.Postponed == gate && TryRunAgain(request)) (goOn ?? Unblocked)?.Invoke(request.Session);
        }
    }

    // ---- keys

    bool IKeyWaiters.WantsModified => _countOfModified > 0;

    void IKeyWaiters.OnModified(Database database, Key key) => Announce(database, key, IsChanged);

    void IKeyWaiters.OnWoken(Database database, Key key) => Announce(database, key, IsWoken);

    void IKeyWaiters.OnCreated(Database database, Key key) => Announce(database, key, IsMade);

    private void Announce(Database database, Key key, byte mark)
    {
        if (_waiting.TryFind(database.Number, key.Bytes, key.Hash, out var group)) Announce(database, group, mark);
    }

    void IKeyWaiters.OnReplacing(Database? database)
    {
        foreach (var each in _executor.Keyspace.Databases)
        {
            if (database is null || each == database) AnnounceAll(each);
        }
    }

    private void AnnounceAll(Database database)
    {
        var found = KeysOf(database);
        for (var i = 0; i < found.Count; i++) Announce(database, found[i], IsMade);
    }

    private GroupList KeysOf(Database database)
    {
        var found = new GroupList();
        if (_waiting.CountOf(database.Number) == 0) return found;
        ulong cursor = 0;
        do cursor = _waiting.Scan(database.Number, cursor, found);
        while (cursor != 0);
        return found;
    }

    /// <summary>How many keys are waited for by somebody who is to hear that they are gone. Asks all who wait.</summary>
    public long CountKeysOfGone()
    {
        long count = 0;
        foreach (var database in _executor.Keyspace.Databases)
        {
            var found = _waitsForGone > 0 ? KeysOf(database) : new GroupList();
            for (var i = 0; i < found.Count; i++)
            {
                var link = found[i].First;
                while (link.Exists && (_holders[(int)link.Holder]!.Wakes & KeyWakes.WhenGone) == 0) link = link.Next;
                if (link.Exists) count++;
            }
        }
        return count;
    }

    /// <summary>Marks a key that is waited for as ready.</summary>
    private void Announce(Database database, MultimapGroup group, byte mark)
    {
        if (group.Mark == 0) _ready.Enqueue((database, group.Key.ToArray()));
        group.Mark |= mark;
    }

    /// <summary>Serves keys that became ready outside of a call: once a turn, between calls.</summary>
    public void ServeAnnounced()
    {
        if (!HasReady) return;
        ServeReady();
        _executor.Keyspace.Allocator.ReleaseRetired();
    }

    /// <summary>Serves the keys announced so far, and those announced by that, in order.</summary>
    internal void ServeReady()
    {
        _isServing = true;
        while (_ready.TryDequeue(out var ready)) Serve(ready.Database, ready.Key);
        _isServing = false;
    }

    private void Serve(Database database, byte[] bytes)
    {
        var keyspace = _executor.Keyspace;
        var key = keyspace.KeyOf(bytes);
        if (!_waiting.TryFind(database.Number, bytes, key.Hash, out var group)) return;
        var mark = group.Mark;
        group.Mark = 0;
        // Those who come to wait meanwhile stand behind and are not asked.
        var link = group.First;
        for (var left = group.Count; left > 0 && link.Exists; left--)
        {
            var request = _holders[(int)link.Holder]!;
            link = link.Next;
            var view = keyspace.Find(database, key, LookupFlags.NoEffects);
            var isThere = view.Exists && keyspace.IsAlive(view);
            if (IsServed(request, mark, isThere && view.Type == request.AwaitedType)) RunAgain(request);
            else if (!isThere && _waitsForGone == 0) return;
        }
    }

    /// <summary>As in Redis, who waits for a key to be made is not served by what overwrites one, such as SORT with STORE.</summary>
    private static bool IsServed(BlockedRequest request, byte mark, bool isAsAwaited) => isAsAwaited
        ? (mark & IsMade) != 0 || (mark & IsWoken) != 0 && (request.Wakes & KeyWakes.WhenChanged) != 0
        : (request.Wakes & KeyWakes.WhenGone) != 0;

    private void RunAgain(BlockedRequest request)
    {
        if (TryRunAgain(request)) Unblocked?.Invoke(request.Session);
    }

    /// <summary>Whether it has been answered; otherwise it waits on.</summary>
    private bool TryRunAgain(BlockedRequest request)
    {
        var session = request.Session;
        request.WaitsOn = false;
        session.Blocked = null;
        _rerun = request;
        Run(session, request.Arguments, new Call(_executor, session, session.Replies) { IsRunAgain = request.Postponed == Gates.None }, request.Command);
        _rerun = null;
        session.OnRunAgain();
        // A gate may have postponed what waited for keys, and the other way round.
        var next = session.Blocked;
        session.Blocked = request;
        if (request.WaitsOn) return false;
        Remove(session);
        session.Blocked = next;
        return next is null;
    }

    /// <summary>What a suspended call has begun is over: runs its request again, which answers. Between calls.</summary>
    public void Resume(SuspendedCall suspended)
    {
        var session = suspended.Session;
        suspended.IsResumed = true;
        Remove(session);
        Run(session, suspended.Request.Arguments, new Call(_executor, session, session.Replies) { IsRunAgain = true, IsAdmitted = true }, suspended.Command);
        session.OnRunAgain();
        Unblocked?.Invoke(session);
    }

    private void Run(Session session, Arguments arguments, Call call, Command command)
    {
        session.IsRunning = true;
        call.Begin(arguments, command);
        _executor.Run(ref call);
        call.Reply.Flush();
        session.IsRunning = false;
    }

    public void Dispose() => _waiting.Dispose();
}
