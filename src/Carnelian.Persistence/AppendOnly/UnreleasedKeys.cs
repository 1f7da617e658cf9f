namespace Carnelian;

/// <summary>
/// The keys that were changed and are not safe on the disk yet, while replies wait for that (appendfsync always): who reads one of them waits with its reply until it is safe, and nobody else. A small set,
/// of hashes: two keys with the same one make a reader wait in vain. Where there are too many, all count as changed.
/// </summary>
public sealed class UnreleasedKeys : Observer, IKeyspaceListener
{
    private const int KeysMax = 1 << 16;

    private readonly Keyspace _keyspace;

    /// <summary>Those changed since the last delivery; those before, with the offset that makes them safe, and in the order of these.</summary>
    private readonly HashSet<ulong> _fresh = [];
    private readonly Dictionary<ulong, long> _delivered = [];
    private readonly Queue<(ulong Key, long Offset)> _order = new();

    /// <summary>All keys of all databases count as changed: since the last delivery; up to an offset.</summary>
    private bool _allFresh;
    private long _allUntil;

    /// <summary>What the last delivery of changes is safe with.</summary>
    private long _latest;

    public UnreleasedKeys(Keyspace keyspace) : base(Gates.UnreleasedReads) => _keyspace = keyspace;

    /// <summary>It listens: replies wait for changes to be safe.</summary>
    public bool IsOn
    {
        get;
        set
        {
            if (field == value) return;
            field = value;
            Clear();
            if (value) _keyspace.Attach(this);
            else _keyspace.Detach(this);
        }
    }

    KeyspaceEventClass IKeyspaceListener.Wants => KeyspaceEventClass.None;

    bool IKeyspaceListener.WantsModified => true;

    void IKeyspaceListener.OnModified(Author author, Database database, Key key)
    {
        if (_fresh.Count < KeysMax) _fresh.Add(Of(database, key));
        else _allFresh = true;
    }

    void IKeyspaceListener.OnFlushing(Database? database) => _allFresh = true;

    void IKeyspaceListener.OnSwapping(Database one, Database other) => _allFresh = true;

    void IKeyspaceListener.OnEvent(KeyspaceEventClass kind, ReadOnlySpan<byte> name, Database database, Key key)
    {
    }

    private static ulong Of(Database database, Key key) => key.Hash + (ulong)database.Number * 0x9e3779b97f4a7c15;

    /// <summary>The changes so far were delivered; they are safe when this offset is.</summary>
    public void OnDelivered(long offset)
    {
        if (_fresh.Count == 0 && !_allFresh) return;
        _latest = offset;
        if (_allFresh || _order.Count + _fresh.Count > 2 * KeysMax) _allUntil = offset;
        else
        {
            foreach (var key in _fresh)
            {
                _delivered[key] = offset;
                _order.Enqueue((key, offset));
            }
        }
        _allFresh = false;
        _fresh.Clear();
    }

    /// <summary>Changes up to this offset are safe.</summary>
    public void OnReleased(long offset)
    {
        while (_order.TryPeek(out var oldest) && oldest.Offset <= offset)
        {
            _order.Dequeue();
            // It may have been changed again: later, or without a record of its own, so that both have one offset.
            if (_delivered.TryGetValue(oldest.Key, out var latest) && latest == oldest.Offset) _delivered.Remove(oldest.Key);
        }
        if (_allUntil <= offset) _allUntil = 0;
    }

    private void Clear()
    {
        _fresh.Clear();
        _delivered.Clear();
        _order.Clear();
        _allFresh = false;
        _allUntil = 0;
    }

    /// <summary>What a call has answered may tell of the keys that it names. Of any, if it reads others.</summary>
    public override void OnCalled(ref Call call)
    {
        var offset = call.Command.HasKeys && !call.Command.Has(CommandFlags.TouchesArbitraryKeys) ? OffsetOfKeys(ref call) : call.Command.Has(ReadsAny) ? AllOffset : 0;
        call.Client.LastReadOffset = Math.Max(call.Client.LastReadOffset, offset);
    }

    /// <summary>SCAN, DBSIZE; EXEC, which may have failed because a key was changed.</summary>
    private const CommandFlags ReadsAny = CommandFlags.ReadOnly | CommandFlags.Write | CommandFlags.Commits | CommandFlags.TouchesArbitraryKeys;

    private long AllOffset => _fresh.Count > 0 || _allFresh ? _keyspace.Changes.Offset : _order.Count > 0 ? _latest : _allUntil;

    private long OffsetOfKeys(ref Call call)
    {
        if (_allFresh) return _keyspace.Changes.Offset;
        var latest = _allUntil;
        if (_fresh.Count == 0 && _delivered.Count == 0 || !call.Command.FindKeys(call.Args, out var keys)) return latest;
        foreach (var reference in keys)
        {
            var key = Of(call.Database, call.Key(reference.Position));
            if (_fresh.Contains(key)) return _keyspace.Changes.Offset;
            if (_delivered.TryGetValue(key, out var offset)) latest = Math.Max(latest, offset);
        }
        return latest;
    }
}
