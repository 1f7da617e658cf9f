namespace Carnelian;

public delegate bool KeyTest(Key key);

/// <summary>
/// What a session has between WATCH or MULTI and EXEC: the requests queued, the keys watched, and whether EXEC will refuse. Made when the session first
/// needs one, and used again by another when nothing is left in it.
/// </summary>
public sealed class Transaction
{
    /// <summary>What the block may keep when the queue is emptied, bytes.</summary>
    private const int KeptBytes = 4096;

    private const int LinkBytes = 48, QueuedBytes = 40;

    private readonly BlockAllocator _allocator;
    private readonly List<Queued> _queue = [];
    private readonly ArgumentList _arguments = new();
    private readonly OwnedBlock _bytes;
    private int _used;

    /// <summary>Memory of the blocks of long arguments.</summary>
    private long _longBytes;

    /// <param name="Hashed">The argument whose hash is known, and its hash and slot.</param>
    private readonly record struct Queued(Command Command, int FirstArgument, int ArgumentCount, (int Argument, ulong Hash, int Slot) Hashed);

    internal Transaction(BlockAllocator allocator)
    {
        _allocator = allocator;
        _bytes = new(allocator, 0, Purpose.ClientInput);
    }

    /// <summary>MULTI was sent: requests are queued.</summary>
    public bool IsOpen { get; internal set; }

    /// <summary>A request could not be queued: EXEC refuses.</summary>
    public bool IsSpoiled { get; internal set; }

    /// <summary>A watched key was changed: EXEC answers nothing.</summary>
    public bool IsOvertaken { get; internal set; }

    /// <summary>Requests queued.</summary>
    public int Count => _queue.Count;

    /// <summary>Flags that at least one of the queued commands has.</summary>
    public CommandFlags Flags { get; private set; }

    /// <summary>Keys watched.</summary>
    public int WatchedCount => Watched.Count;

    /// <summary>The keys watched, in the map of <see cref="WatchedKeys"/>.</summary>
    internal MultimapChain Watched;

    /// <summary>What <see cref="WatchedKeys"/> knows it by; -1: it watches nothing.</summary>
    internal int Holder { get; set; } = -1;

    /// <summary>The earliest expiry of the watched keys, Unix milliseconds.</summary>
    internal long FirstExpiryMs { get; set; } = long.MaxValue;

    /// <summary>Databases of which a key is watched that was there. Any change of such a key overtakes the transaction, so that it is there until then.</summary>
    internal List<Database> Occupied { get; } = [];

    /// <summary>EXEC runs what is queued.</summary>
    internal bool IsRunning { get; set; }

    /// <summary>From MULTI to the end of EXEC.</summary>
    public bool IsUnderway => IsOpen || IsRunning;

    /// <summary>Nothing is left of it.</summary>
    internal bool IsIdle => !IsOpen && !IsOvertaken && !IsRunning && Holder < 0;

    public long MemoryBytes => _bytes.Length + _longBytes + _queue.Capacity * (long)QueuedBytes + _arguments.Count * 8L + WatchedCount * (long)LinkBytes;

    /// <summary>Copies a request to the queue's end. One that EXEC will refuse keeps none.</summary>
    internal void Add(in Call call)
    {
        if (IsSpoiled || IsOvertaken) return;
        Flags |= call.Flags;
        _queue.Add(new(call.Command, _arguments.Count, call.Args.Count, call.Hashed));
        for (var i = 0; i < call.Args.Count; i++) Add(call.Args[i]);
    }

    private void Add(ReadOnlySpan<byte> argument)
    {
        if (argument.Length >= RequestCopy.LongArgumentFrom)
        {
            var block = new OwnedBlock(_allocator, argument.Length, Purpose.ClientInput);
            argument.CopyTo(block.Span);
            _longBytes += argument.Length;
            _arguments.Add(block, argument.Length);
            return;
        }
        if (_bytes.Length - _used < argument.Length)
            _bytes.Resize(checked((int)Math.Min(int.MaxValue, Math.Max(Math.Max(256, 2L * _bytes.Length), (long)_used + argument.Length))), _used);
        argument.CopyTo(_bytes.Span[_used..]);
        _arguments.Add(_used, argument.Length);
        _used += argument.Length;
    }

    /// <summary>Makes a call that of a queued request.</summary>
    internal void Begin(int i, ref Call call)
    {
        var queued = _queue[i];
        var (hashed, hash, slot) = queued.Hashed;
        call.Begin(new(_bytes.Span, _arguments.Slice(queued.FirstArgument, queued.ArgumentCount), _arguments), queued.Command, hashed, hash, slot);
    }

    /// <summary>Whether a test holds for some key that is named by a queued request which may change something.</summary>
    public bool AnyWrittenKey(Keyspace keyspace, KeyTest test)
    {
        foreach (var queued in _queue)
        {
            if (!queued.Command.Has(CommandFlags.Write)) continue;
            Arguments arguments = new(_bytes.Span, _arguments.Slice(queued.FirstArgument, queued.ArgumentCount), _arguments);
            if (!queued.Command.FindKeys(arguments, out var keys)) continue;
            foreach (var key in keys)
            {
                if (test(keyspace.KeyOf(arguments[key.Position]))) return true;
            }
        }
        return false;
    }

    /// <summary>Empties the queue.</summary>
    internal void Clear()
    {
        IsOpen = IsSpoiled = false;
        Flags = CommandFlags.None;
        _queue.Clear();
        _arguments.Clear();
        _used = 0;
        _longBytes = 0;
        if (_bytes.Length > KeptBytes) _bytes.Dispose();
        if (_queue.Capacity > KeptBytes / QueuedBytes) _queue.TrimExcess();
    }

    internal void Free() => _bytes.Dispose();
}
