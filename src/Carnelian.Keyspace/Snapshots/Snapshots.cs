namespace Carnelian;

/// <summary>
/// Takes snapshots of the keyspace, one at a time and without a fork. The cut is made between calls: from then on every key bears an
/// older mark than the present one. The walk, in slices, saves keys with older marks and marks them; a key that is about to change is saved
/// before; new keys are born marked. So every key is saved once, as it was at the cut, whatever happens to it.
/// <para>
/// Saving is a raw copy into the current chunk. A list, a stream and a long string are held instead, so that changes go to copies of their nodes or
/// blocks. A large hash is held too, and its fields are walked in the same manner as keys, with their own marks; what changes in it meanwhile is copied
/// field by field. A file has to contain such a hash in one piece, so the other chunks wait while it is walked.
/// </para>
/// <para>
/// After an abort, keys bear the marks of different snapshots. There are 16; when a single one is left that no key bears, a sweep,
/// which is a walk that saves nothing, brings all to that mark before the next snapshot begins.
/// </para>
/// </summary>
public sealed class Snapshots(Keyspace keyspace, SnapshotOptions options) : ISnapshotObserver, IDisposable
{
    private const int Marks = 16;

    /// <summary>Entries that one step of the walk collects before it saves them; their memory is fetched meanwhile.</summary>
    private const int EntriesPerStep = 32;
    private const int NodesPerStep = 64;

    private readonly TableHost _host = keyspace.Host;
    private readonly EntryList _found = new();
    private readonly Queue<FrozenCollection> _frozen = new();

    /// <summary>
    /// What is walked, in this order: the databases' datasets at the cut, by number, then imports that had begun, to be marked only, and then slots
    /// whose keys were discarded since.
    /// </summary>
    private readonly List<Part> _parts = [];

    /// <summary>Large hashes, in the order in which they are saved; the index is the number by which each is held.</summary>
    private readonly List<HashTask?> _tasks = [];

    private ISnapshotSink? _sink;
    private SnapshotWriter? _keys;
    private int _part;
    private ulong _cursor;
    private int _task;
    private int _chunksOut;

    /// <summary>The oldest mark that any key may bear.</summary>
    private int _oldestMark = keyspace.Host.Mark;

    public SnapshotOptions Options { get; } = options;

    /// <summary>Keys are being saved, or swept.</summary>
    public bool IsWalking { get; private set; }

    /// <summary>Nothing of an earlier snapshot is left: another one may begin.</summary>
    public bool IsIdle => !IsWalking && _chunksOut == 0 && _frozen.Count == 0;

    /// <summary>Writers of keys that are not saved yet should wait, or the snapshot should be given up.</summary>
    public bool IsFull => IsWalking && KeptBytes > Options.BufferBytesMax;

    /// <summary>It may be soon.</summary>
    public bool IsNearlyFull => IsWalking && KeptBytes > Options.BufferBytesMax / 2;

    private long KeptBytes => keyspace.Allocator.UsedBytesOf(Purpose.Snapshot) + keyspace.Allocator.UsedBytesOf(Purpose.Held);

    public SnapshotStatistics Statistics { get; } = new();

    /// <summary>True if changing this key now would add to the memory of a snapshot that is full.</summary>
    public bool MustWait(EntryView entry) => IsFull && (entry.Mark != _host.Mark || entry.IsHeld);

    // ---- beginning and ending

    /// <summary>Makes the cut; between calls. False if an earlier snapshot is not over or marks have to be swept first.</summary>
    public bool TryBegin(ISnapshotSink sink)
    {
        if (!IsIdle) return false;
        _host.Mark = NextMark(_host.Mark);
        // The last free mark is the sweep's: it has to find every hash, also those marked for a snapshot that did not get to their fields.
        var isSweep = NextMark(_host.Mark) == _oldestMark;
        if (!isSweep)
        {
            _host.SnapshotNumber++;
            _sink = sink;
            _keys = new(_host, Options.ChunkBytes);
            sink.Begin(Cut());
        }
        foreach (var database in keyspace.Databases) _parts.Add(new(database.Data, database.Number));
        foreach (var import in keyspace.Imports) _parts.Add(new(import.Arriving.Data, import.Arriving.Number) { IsMarkedOnly = true });
        _part = 0;
        _cursor = 0;
        keyspace.Snapshot = this;
        IsWalking = true;
        return !isSweep;
    }

    private static int NextMark(int mark) => (mark + 1) % Marks;

    private SnapshotCut Cut()
    {
        var keys = new (long, long)[keyspace.Databases.Length];
        for (var i = 0; i < keys.Length; i++) keys[i] = (keyspace.Databases[i].Data.Count, keyspace.Databases[i].Data.Expiring);
        return new(keyspace.Changes.Offset, keyspace.NowMs, keys, keyspace.Access.Moment);
    }

    /// <summary>Gives the snapshot up, if one goes on. It is over when the sink has given its chunks back. A sweep goes on.</summary>
    public void Abort()
    {
        if (_sink is not null) GiveUp();
    }

    /// <summary>Called before the keyspace is disposed of. By then the sink must have given its chunks back.</summary>
    public void Dispose()
    {
        if (IsWalking) GiveUp();
        while (_frozen.TryPeek(out var frozen))
        {
            if (frozen.ReleaseSome(NodesPerStep, _host)) _frozen.Dequeue();
        }
        Check.That(IsIdle);
    }

    private void GiveUp()
    {
        foreach (var part in _parts) LeavePart(part);
        foreach (var task in _tasks)
        {
            if (task is null) continue;
            task.Fields.Release();
            if (task.Writer is { } writer) FreeAll(writer);
        }
        if (_keys is not null) FreeAll(_keys);
        _sink?.Abort();
        Leave();
    }

    private void Complete()
    {
        _oldestMark = _host.Mark;
        _sink?.Complete();
        Leave();
    }

    private void Leave()
    {
        _parts.Clear();
        _tasks.Clear();
        _task = 0;
        _keys = null;
        _sink = null;
        keyspace.Snapshot = null;
        IsWalking = false;
    }

    private void LeavePart(Part part)
    {
        if (part.IsHandedOver) keyspace.LazyFree.Take(part.Data!);
        part.IsHandedOver = false;
        part.Data = null;
    }

    /// <summary>Called by the sink for every chunk that it took, on the command thread and between calls.</summary>
    public void GiveBack(SnapshotChunk chunk)
    {
        Check.That(_chunksOut > 0);
        _chunksOut--;
        SnapshotWriter.GiveBack(chunk, _host, _frozen);
    }

    private void FreeAll(SnapshotWriter writer)
    {
        writer.Close();
        while (writer.HasChunks) SnapshotWriter.GiveBack(writer.Dequeue(), _host, _frozen);
    }

    // ---- what the keyspace reports

    void ISnapshotObserver.OnChanging(Database database, EntryView entry)
    {
        var part = PartOf(database.Number, database.Data);
        Check.That(part is not null);
        var written = _keys?.Written ?? 0;
        Save(part, entry);
        if (_keys is null || part.IsMarkedOnly) return;
        Statistics.PreImages++;
        Statistics.PreImageBytes += _keys.Written - written;
    }

    void ISnapshotObserver.OnChanging(FieldTable fields, FieldView field)
    {
        var task = _tasks[fields.Holder]!;
        if (task.Writer is null) return;
        var written = task.Writer.Written;
        field.Mark = _host.Mark;
        task.Writer.Append(field);
        task.Left--;
        Statistics.PreImages++;
        Statistics.PreImageBytes += task.Writer.Written - written;
    }

    bool ISnapshotObserver.OnDiscarding(Database database, Dataset data)
    {
        var part = PartOf(database.Number, data);
        if (part is null && PartOf(database.Number, database.Data) is { } whole && _keys is not null)
        {
            // A slot's keys. Those that the walk has met bear the mark; which ones they are it finds out again.
            part = new(data, whole.Database);
            _parts.Add(part);
        }
        if (part is null) return false;
        if (_keys is not null && !part.IsMarkedOnly) return part.IsHandedOver = true;
        part.Data = null;
        return false;
    }

    bool ISnapshotObserver.Walks(Dataset data) => PartOf(0, data) is not null;

    /// <summary>The part that a dataset is. Databases that were not swapped have their own number's.</summary>
    private Part? PartOf(int database, Dataset data)
    {
        if (_parts[database].Data == data) return _parts[database];
        foreach (var part in _parts)
        {
            if (part.Data == data) return part;
        }
        return null;
    }

    // ---- the walk

    /// <summary>Works within a budget, between calls. True while there is more that can be done now.</summary>
    public bool Run(Budget budget)
    {
        do
        {
            if (!Step(ref budget)) return false;
        }
        while (!budget.Spent);
        return true;
    }

    /// <summary>False when there is nothing to do, or nothing before the sink has room.</summary>
    private bool Step(ref Budget budget)
    {
        if (_frozen.TryPeek(out var frozen))
        {
            if (frozen.ReleaseSome(NodesPerStep, _host)) _frozen.Dequeue();
            return true;
        }
        if (!IsWalking) return false;
        if (_task < _tasks.Count) return StepTask(_tasks[_task]!);
        if (!HandOut(_keys)) return false;
        if (_part < _parts.Count)
        {
            WalkKeys(ref budget);
            return true;
        }
        _keys?.Close();
        if (!HandOut(_keys)) return false;
        Complete();
        return true;
    }

    /// <summary>
    /// Does one position of the walk, or several with few keys. If the budget ends before it does, the next step meets the same keys again; those
    /// that were saved bear the mark by then.
    /// </summary>
    private void WalkKeys(ref Budget budget)
    {
        var part = _parts[_part];
        if (part.Data is not { } data)
        {
            NextPart();
            return;
        }
        var next = _cursor;
        _found.Clear();
        do next = data.Scan(next, _found);
        while (next != 0 && _found.Count < EntriesPerStep);
        for (var i = 0; i < _found.Count; i++)
        {
            if (_found[i].Mark == _host.Mark) continue;
            var isTable = _found[i].Encoding is ValueEncoding.HashTable or ValueEncoding.SkipList;
            Save(part, _found[i]);
            if (isTable && budget.Spent) return;
        }
        _cursor = next;
        if (_cursor == 0) NextPart();
    }

    private void NextPart()
    {
        LeavePart(_parts[_part]);
        _part++;
        _cursor = 0;
    }

    /// <summary>Saves a key as it is and marks it; a sweep only marks.</summary>
    private void Save(Part part, EntryView entry)
    {
        var keys = part.IsMarkedOnly ? null : _keys;
        entry.Mark = _host.Mark;
        switch (entry.Encoding)
        {
            case ValueEncoding.HashTable: SaveHash(keys, part.Database, entry, part.Data!.Fields(entry)); break;
            case ValueEncoding.SkipList: SaveHash(keys, part.Database, entry, part.Data!.Sorted(entry).Members); break;
            case ValueEncoding.QuickList: keys?.AppendList(part.Database, entry, part.Data!.List(entry)); break;
            case ValueEncoding.Stream: keys?.AppendStream(part.Database, entry, part.Data!.Stream(entry)); break;
            default: keys?.Append(part.Database, entry); break;
        }
        if (!part.IsMarkedOnly) Statistics.Keys++;
    }

    private void SaveHash(SnapshotWriter? keys, int database, EntryView entry, FieldTable fields)
    {
        if (fields.MemoryBytes > Options.HashBytesAtOnceMax)
        {
            var task = new HashTask(fields, keys is null ? null : new(_host, Options.ChunkBytes));
            task.Writer?.AppendHash(database, entry, fields);
            fields.Hold(_tasks.Count);
            _tasks.Add(task);
            return;
        }
        keys?.AppendHash(database, entry, fields);
        ulong cursor = 0;
        long saved = 0;
        do saved += fields.SaveSome(ref cursor, keys);
        while (cursor != 0);
        Check.That(saved == fields.Count || keys is null);
    }

    /// <summary>
    /// Saves a part of a large hash. Before the first part, all that the walk has saved so far goes out; what it saves from here on follows the
    /// hash.
    /// </summary>
    private bool StepTask(HashTask task)
    {
        if (!task.HasBegun)
        {
            _keys?.Close();
            if (!HandOut(_keys)) return false;
            task.HasBegun = true;
        }
        if (!HandOut(task.Writer)) return false;
        if (!task.IsWalked)
        {
            task.Left -= task.Fields.SaveSome(ref task.Cursor, task.Writer);
            task.IsWalked = task.Cursor == 0;
            return true;
        }
        Check.That(task.Left == 0 || task.Writer is null);
        task.Writer?.Close();
        if (!HandOut(task.Writer)) return false;
        task.Fields.Release();
        _tasks[_task++] = null;
        return true;
    }

    /// <summary>True when all chunks of a writer are with the sink.</summary>
    private bool HandOut(SnapshotWriter? writer)
    {
        while (writer is { HasChunks: true })
        {
            if (!_sink!.HasRoom) return false;
            _chunksOut++;
            var chunk = writer.Dequeue();
            Statistics.Bytes += chunk.Length;
            _sink.Take(chunk);
        }
        return true;
    }

    /// <summary>A dataset that is walked.</summary>
    private sealed class Part(Dataset data, int database)
    {
        /// <summary>Null when there is nothing more to do.</summary>
        public Dataset? Data = data;

        /// <summary>The number of its database at the cut.</summary>
        public readonly int Database = database;

        /// <summary>An import: its keys were in no database at the cut, but must not bear older marks when they appear.</summary>
        public bool IsMarkedOnly { get; init; }

        /// <summary>It was discarded, and the walk gives it back to the keyspace.</summary>
        public bool IsHandedOver;
    }

    /// <summary>A hash that is saved in slices.</summary>
    private sealed class HashTask(FieldTable fields, SnapshotWriter? writer)
    {
        public readonly FieldTable Fields = fields;
        public readonly SnapshotWriter? Writer = writer;
        public ulong Cursor;
        public bool HasBegun, IsWalked;

        /// <summary>Fields of the cut that are not saved yet.</summary>
        public long Left = fields.Count;
    }
}

/// <summary>Counts since the start.</summary>
public sealed class SnapshotStatistics
{
    public long Keys, PreImages, PreImageBytes, Bytes;
}
