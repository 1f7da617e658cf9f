using System.Runtime.InteropServices;
using System.Text;

namespace Carnelian.Tests;

/// <summary>
/// A keyspace in checked memory together with a plain model of it, small limits that make every list and most hashes large ones, and a sink that reads
/// chunks late, as a worker would.
/// </summary>
internal sealed class SnapshotHarness : IDisposable
{
    public const int Databases = 3;

    /// <summary>Longer than what is copied into a chunk.</summary>
    public const int LongBytes = 70_000;

    private readonly Dictionary<(int Database, string Key), ModelValue> _model = [];

    private SlotImport? _import;
    private string _importTag = "";
    private Dictionary<string, ModelValue> _arriving = [];

    public SnapshotHarness(int seed, bool usesSlots, SnapshotOptions? options = null)
    {
        Chance = new(seed);
        Allocator = new(new AllocatorOptions { Checked = true, RangeBytesMax = 1L << 30, QuarantineBlocks = 64 });
        Keyspace = new(new KeyspaceOptions { Databases = Databases, UsesSlots = usesSlots }, Allocator, new SeededRandomness(seed));
        Keyspace.Host.ListLimit = NodeLimit.OfBytes(Chance.Next(4) == 0 ? Chance.Next(40, 300) : Chance.Next(8, 40));
        Keyspace.Host.ListCompressDepth = Chance.Next(4);
        Keyspace.Host.StreamLimit = new(Chance.Next(30, 300), Chance.Next(2, 8));
        Keyspace.Host.HashLimit = new(Chance.Next(30), 64);
        Keyspace.Host.SortedSetLimit = new(Chance.Next(30), 64);
        Keyspace.Host.SetLimit = new(Chance.Next(30), Chance.Next(30), 64);
        Snapshots = new(Keyspace, options ?? new SnapshotOptions
        {
            ChunkBytes = Chance.Next(64, 4096), HashBytesAtOnceMax = Chance.Next(300, 1600), BufferBytesMax = Chance.Next(3) == 0 ? Chance.Next(5_000, 30_000) : Chance.Next(10_000, 150_000),
        });
        Sink = new(this);
    }

    public Random Chance { get; }

    public BlockAllocator Allocator { get; }

    public Keyspace Keyspace { get; }

    public Snapshots Snapshots { get; }

    public LateSink Sink { get; }

    /// <summary>Events of interest by name, to see that a run met them.</summary>
    public Dictionary<string, long> Seen { get; } = [];

    public void Count(string name, long times = 1) => Seen[name] = Seen.GetValueOrDefault(name) + times;

    // ---- calls

    public void Set(int database, string key, byte[] value, long expiryMs = EntryView.NoExpiry) => Call(database, key, () =>
    {
        var edit = Edit(database, key);
        if (expiryMs == EntryView.NoExpiry && Chance.Next(2) == 0) value.CopyTo(edit.Overwrite(value.Length, ValueEncoding.Raw, KeyspaceEvent.Set));
        else edit.Write(ValueType.String, ValueEncoding.Raw, value, expiryMs, KeyspaceEvent.Set);
        _model[(database, key)] = new() { Text = value, ExpiryMs = expiryMs };
    });

    public void Delete(int database, string key) => Call(database, key, () =>
    {
        var edit = Edit(database, key);
        Assert.That(edit.Exists, Is.EqualTo(_model.Remove((database, key))));
        if (edit.Exists) edit.Delete(KeyspaceEvent.Delete);
    });

    public void Expire(int database, string key, long expiryMs) => Call(database, key, () =>
    {
        var edit = Edit(database, key);
        if (!edit.Exists) return;
        edit.SetExpiry(expiryMs, KeyspaceEvent.Expire);
        _model[(database, key)].ExpiryMs = expiryMs;
    });

    /// <summary>Writes into a string that exists, behind its end or within.</summary>
    public void SetRange(int database, string key, int offset, byte[] bytes) => Call(database, key, () =>
    {
        var edit = Edit(database, key);
        if (!edit.Exists || edit.View.Type != ValueType.String) return;
        var length = Math.Max(edit.View.Value.Length, offset + bytes.Length);
        bytes.CopyTo(edit.Resize(length, ValueEncoding.Raw, KeyspaceEvent.Append)[offset..]);
        var model = _model[(database, key)];
        Array.Resize(ref model.Text, length);
        bytes.CopyTo(model.Text!, offset);
    });

    public void Append(int database, string key, byte[] bytes)
    {
        if (_model.TryGetValue((database, key), out var model) && model.Text is { } text) SetRange(database, key, text.Length, bytes);
    }

    public void Move(int from, string key, int to, string newKey)
    {
        if ((from, key) == (to, newKey)) return;
        Call(from, key, () =>
        {
            var replace = Chance.Next(3) != 0;
            var result = Keyspace.Move(
                Keyspace.Databases[from], Key(key), Keyspace.Databases[to], Key(newKey), replace, KeyspaceEvent.RenameFrom, KeyspaceEvent.RenameTo);
            Assert.That(result, Is.EqualTo(Expected((from, key), (to, newKey), replace)));
            if (result != TransferResult.Done) return;
            _model.Remove((from, key), out var value);
            _model[(to, newKey)] = value!;
        });
    }

    public void Copy(int from, string key, int to, string newKey)
    {
        if ((from, key) == (to, newKey)) return;
        Call(from, key, () =>
        {
            var replace = Chance.Next(3) != 0;
            var result = Keyspace.Copy(Keyspace.Databases[from], Key(key), Keyspace.Databases[to], Key(newKey), replace);
            Assert.That(result, Is.EqualTo(Expected((from, key), (to, newKey), replace)));
            if (result != TransferResult.Done) return;
            _model[(to, newKey)] = _model[(from, key)].Copy();
            if (IsHeld(from, key)) Count("held one copied");
        });
    }

    private TransferResult Expected((int, string) from, (int, string) to, bool replace)
    {
        if (!_model.ContainsKey(from)) return TransferResult.Missing;
        return _model.ContainsKey(to) && !replace ? TransferResult.Occupied : TransferResult.Done;
    }

    public void Swap(int one, int other)
    {
        Keyspace.Swap(Keyspace.Databases[one], Keyspace.Databases[other]);
        var moved = _model.Where(pair => pair.Key.Database == one || pair.Key.Database == other).ToArray();
        foreach (var (place, _) in moved) _model.Remove(place);
        foreach (var (place, value) in moved) _model[(place.Database == one ? other : one, place.Key)] = value;
    }

    public void Flush(int database)
    {
        foreach (var key in KeysOf(database)) _model.Remove((database, key));
        Keyspace.Flush(Keyspace.Databases[database], background: Chance.Next(2) == 0);
        Allocator.ReleaseRetired();
    }

    // ---- slots

    /// <summary>Deletes all keys of a key's slot.</summary>
    public void FlushSlot(int database, string key)
    {
        var slot = Key(key).Slot;
        var gone = KeysOf(database).Where(other => Key(other).Slot == slot).ToArray();
        foreach (var other in gone) _model.Remove((database, other));
        if (gone.Length > 1 && Snapshots.IsWalking) Count("slot handed over");
        Assert.That(Keyspace.FlushSlot(Keyspace.Databases[database], slot, background: Chance.Next(2) == 0), Is.EqualTo(gone.Length));
        Allocator.ReleaseRetired();
    }

    /// <summary>Goes on with the import of a slot: begins it, adds keys to it, attaches it or gives it up.</summary>
    public void Import(int database, string tag)
    {
        if (_import is null)
        {
            _import = Keyspace.BeginImport(Keyspace.Databases[database], Key(tag).Slot);
            _arriving = [];
            _importTag = tag;
        }
        else if (Chance.Next(5) != 0) AddToImport();
        else if (Chance.Next(4) == 0)
        {
            Keyspace.Abandon(_import);
            _import = null;
        }
        else Attach(_import);
        Allocator.ReleaseRetired();
    }

    private void AddToImport()
    {
        for (var i = Chance.Next(8); i >= 0; i--)
        {
            var key = $"arrived{Chance.Next(10)}{_importTag}";
            var edit = Keyspace.Edit(_import!.Arriving, Key(key));
            if (Chance.Next(3) == 0)
            {
                if (_arriving.Remove(key)) edit.Delete(KeyspaceEvent.Delete);
            }
            else if (Chance.Next(2) == 0 && (!edit.Exists || edit.View.Type == ValueType.Hash))
            {
                if (!edit.Exists) _arriving[key] = new() { Fields = new(StringComparer.Ordinal) };
                var hash = edit.Hash();
                for (var field = Chance.Next(30); field >= 0; field--)
                {
                    hash.Set(Bytes("f" + field), Bytes(key));
                    _arriving[key].Fields!["f" + field] = FieldText(key, EntryView.NoExpiry);
                }
                hash.Changed(1, null);
            }
            else
            {
                edit.Write(ValueType.String, ValueEncoding.Raw, Bytes(key), EntryView.NoExpiry, null);
                _arriving[key] = new() { Text = Bytes(key) };
            }
        }
    }

    private void Attach(SlotImport import)
    {
        var isVacant = import.Target.Data.CountInSlot(import.Slot) == 0;
        if (!isVacant && Chance.Next(3) == 0)
        {
            FlushSlot(import.Target.Number, _importTag);
            isVacant = true;
        }
        if (!Keyspace.TryAttach(import))
        {
            Assert.That(!isVacant || Snapshots.IsWalking);
            if (isVacant) Count("attach refused");
            return;
        }
        Assert.That(isVacant);
        Count(Snapshots.IsWalking ? "attached meanwhile" : "attached");
        foreach (var (key, value) in _arriving) _model[(import.Target.Number, key)] = value;
        _import = null;
    }

    public delegate void ListChange(ref ListEdit list, List<string> model);

    public void ChangeList(int database, string key, ListChange change) => Call(database, key, () =>
    {
        if (ModelOf(database, key, value => value.List is null, () => new() { List = [] }) is not { } model) return;
        var list = new ListEdit(Edit(database, key));
        change(ref list, model.List!);
        if (list.Exists) list.End(1, KeyspaceEvent.ListSet);
        if (model.List!.Count == 0) _model.Remove((database, key));
    });

    /// <summary>The model has a field's expiry behind its value, see <see cref="FieldText"/>.</summary>
    public delegate void FieldsChange(ref HashEdit hash, SortedDictionary<string, string> model);

    public void ChangeFields(int database, string key, FieldsChange change) => Call(database, key, () =>
    {
        if (ModelOf(database, key, value => value.Fields is null, () => new() { Fields = new(StringComparer.Ordinal) }) is not { } model) return;
        var edit = Edit(database, key);
        if (edit.Exists && Snapshots.IsWalking) Count(edit.View.Encoding.ToString());
        var hash = edit.Hash();
        change(ref hash, model.Fields!);
        hash.Changed(1, null);
        hash.DeleteIfEmpty();
        if (model.Fields!.Count == 0) _model.Remove((database, key));
    });

    public delegate void MembersChange(ref SetEdit set, SortedSet<string> model);

    public void ChangeMembers(int database, string key, MembersChange change) => Call(database, key, () =>
    {
        if (ModelOf(database, key, value => value.Members is null, () => new() { Members = new(StringComparer.Ordinal) }) is not { } model) return;
        var edit = Edit(database, key);
        if (edit.Exists && Snapshots.IsWalking) Count($"Set {edit.View.Encoding}");
        var set = new SetEdit(edit);
        change(ref set, model.Members!);
        set.Changed(1, null);
        set.DeleteIfEmpty();
        if (model.Members!.Count == 0) _model.Remove((database, key));
    });

    /// <summary>The model has a member's score as text.</summary>
    public delegate void ScoresChange(ref SortedSetEdit set, SortedDictionary<string, string> model);

    public void ChangeScores(int database, string key, ScoresChange change) => Call(database, key, () =>
    {
        if (ModelOf(database, key, value => value.Scores is null, () => new() { Scores = new(StringComparer.Ordinal) }) is not { } model) return;
        var edit = Edit(database, key);
        if (edit.Exists && Snapshots.IsWalking) Count($"SortedSet {edit.View.Encoding}");
        var set = new SortedSetEdit(edit);
        change(ref set, model.Scores!);
        set.Changed(1, null);
        set.DeleteIfEmpty();
        if (model.Scores!.Count == 0) _model.Remove((database, key));
    });

    public delegate void StreamChange(ref StreamEdit stream, ModelValue model);

    public void ChangeStream(int database, string key, StreamChange change) => Call(database, key, () =>
    {
        if (ModelOf(database, key, value => value.Entries is null, () => new() { Entries = [] }) is not { } model) return;
        var edit = Edit(database, key);
        if (edit.Exists && edit.View.IsHeld) Count("held stream");
        var stream = new StreamEdit(edit);
        stream.Create();
        change(ref stream, model);
        stream.Announce(1, KeyspaceEvent.StreamAdd);
        model.LastId = stream.View.LastId;
        Assert.That(stream.View.Length, Is.EqualTo(model.Entries!.Count));
    });

    /// <summary>Gives a set that is made of another one to a key, as SUNIONSTORE does.</summary>
    public void StoreMembers(int database, string key, string newKey)
    {
        if (!_model.TryGetValue((database, key), out var model) || model.Members is null) return;
        Call(database, newKey, () =>
        {
            var result = Keyspace.NewSet();
            result.Begin(ValueEncoding.IntSet);
            result.AddAll(new(Keyspace.Databases[database].Data, Keyspace.Find(Keyspace.Databases[database], Key(key), LookupFlags.NoTouch)), new FieldList());
            var edit = Edit(database, newKey);
            result.GiveTo(ref edit, KeyspaceEvent.SetUnionStore);
            _model[(database, newKey)] = new() { Members = new(model.Members, StringComparer.Ordinal) };
            if (Snapshots.IsWalking) Count("set stored");
        });
    }

    public void AdvanceTime(long milliseconds)
    {
        Keyspace.NowMs += milliseconds;
        var expiry = new ActiveExpiry(Keyspace);
        expiry.Run(new Budget(1000));
        foreach (var (key, value) in _model.ToArray())
        {
            ExpireFields(key, value);
            if (value.ExpiryMs == EntryView.NoExpiry || !Keyspace.IsOver(value.ExpiryMs)) continue;
            // What the rounds left is met now, so that model and keyspace agree.
            Keyspace.Find(Keyspace.Databases[key.Database], Key(key.Key), LookupFlags.NoTouch);
            _model.Remove(key);
        }
        Allocator.ReleaseRetired();
    }

    private void ExpireFields((int Database, string Key) key, ModelValue value)
    {
        if (value.Fields is not { } fields || !fields.Values.Any(IsOver)) return;
        var edit = Edit(key.Database, key.Key);
        if (edit.Exists) edit.Hash().ExpireAll();
        foreach (var (name, text) in fields.ToArray())
        {
            if (IsOver(text)) fields.Remove(name);
        }
        if (fields.Count == 0) _model.Remove(key);
        Count("fields expired");

        bool IsOver(string text) => text.Contains('@') && Keyspace.IsOver(long.Parse(text[(text.IndexOf('@') + 1)..]));
    }

    public static string FieldText(string value, long expiryMs) => expiryMs == EntryView.NoExpiry ? value : $"{value}@{expiryMs}";

    /// <summary>Moves blocks as far as a pass over all tables finds sparse ones.</summary>
    public void Defragment(int steps)
    {
        foreach (var database in Keyspace.Databases)
        {
            for (var i = 0; i < steps; i++)
            {
                var counts = new DefragmentationCounts();
                var finished = database.Data.Defragment(Chance.Next(1, 8), ref counts);
                Count("moved", (int)counts.BlocksMoved);
                if (finished) break;
            }
        }
    }

    public KeyEdit Edit(int database, string key) => Keyspace.Edit(Keyspace.Databases[database], Key(key));

    public bool IsHeld(int database, string key)
    {
        var view = Keyspace.Find(Keyspace.Databases[database], Key(key), LookupFlags.NoTouch);
        return view.Exists && view.IsHeld;
    }

    public bool MustWait(int database, string key)
    {
        var view = Keyspace.Find(Keyspace.Databases[database], Key(key), LookupFlags.NoTouch);
        return view.Exists && Snapshots.MustWait(view);
    }

    private ModelValue? ModelOf(int database, string key, Predicate<ModelValue> isOther, Func<ModelValue> make)
    {
        if (_model.TryGetValue((database, key), out var model)) return isOther(model) ? null : model;
        return _model[(database, key)] = make();
    }

    private void Call(int database, string key, Action call)
    {
        if (Keyspace.Databases[database].Data.IsRehashBehind && Snapshots.IsWalking) Count("rehash");
        if (IsHeld(database, key)) Count("held");
        call();
        Allocator.ReleaseRetired();
    }

    // ---- what is there

    public string[] KeysOf(int database) => [.. _model.Keys.Where(key => key.Database == database).Select(key => key.Key)];

    /// <summary>The keys of streams, which are few.</summary>
    public string[] StreamsOf(int database) => [.. _model.Where(pair => pair.Key.Database == database && pair.Value.Entries is not null).Select(pair => pair.Key.Key)];

    /// <summary>The model's contents, each value as a text.</summary>
    public Dictionary<(int, string), string> Model() => _model.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());

    /// <summary>The keyspace's contents in the same form.</summary>
    public Dictionary<(int, string), string> Contents()
    {
        var contents = new Dictionary<(int, string), string>();
        foreach (var (database, key) in _model.Keys)
        {
            var data = Keyspace.Databases[database].Data;
            var view = data.TableOf(Key(key).Slot).Find(Bytes(key), Key(key).Hash).View;
            if (view.Exists) contents.Add((database, key), Value(Keyspace.Databases[database], view).ToString());
        }
        return contents;
    }

    private ModelValue Value(Database database, EntryView view)
    {
        var value = new ModelValue { ExpiryMs = view.ExpiryMs };
        if (view.Encoding == ValueEncoding.QuickList)
        {
            var list = database.Data.List(view);
            value.List = [];
            for (var i = 0; i < list.NodeCount; i++) AddTo(value.List, list.ElementsOf(i));
            Assert.That(list.Count, Is.EqualTo(value.List.Count));
            for (var i = 0; i < value.List.Count; i += 3) Assert.That(Text(list[i]), Is.EqualTo(value.List[i]));
        }
        else if (view.Type == ValueType.List)
        {
            AddTo(value.List = [], new PackedList(view.Value).From(0));
        }
        else if (view.Type == ValueType.Hash)
        {
            value.Fields = new(StringComparer.Ordinal);
            AddTo(value.Fields, new HashView(Keyspace, database, view));
        }
        else if (view.Type == ValueType.Set)
        {
            AddTo(value.Members = new(StringComparer.Ordinal), new SetView(database.Data, view).Walk(new FieldList()));
        }
        else if (view.Type == ValueType.SortedSet)
        {
            value.Scores = new(StringComparer.Ordinal);
            for (var walk = new SortedSetView(database.Data, view).From(0); walk.MoveNext();) value.Scores.Add(Text(walk.Member), $"{walk.Score:R}");
        }
        else if (view.Type == ValueType.Stream)
        {
            var stream = new StreamView(database.Data, view);
            AddTo(value.Entries = [], stream.All);
            value.LastId = stream.LastId;
            for (var i = 0; i < stream.GroupCount; i++) value.AddGroup(stream.GroupAt(i));
        }
        else
        {
            value.Text = view.Value.ToArray();
        }
        return value;
    }

    internal static void AddTo(SortedDictionary<StreamId, string> model, StreamEntries entries)
    {
        while (entries.MoveNext())
        {
            Assert.That(entries.FieldCount, Is.EqualTo(1));
            entries.ReadField(out var name, out var value);
            model.Add(entries.Id, $"{Text(name)}={Text(value)}");
        }
    }

    internal static void AddTo(List<string> list, ListElements elements)
    {
        foreach (var element in elements) list.Add(Text(element));
    }

    private static void AddTo(SortedSet<string> model, SetWalk members)
    {
        while (members.MoveNext()) Assert.That(model.Add(Text(members.Current)));
    }

    /// <summary>From the value of an entry that a snapshot has copied.</summary>
    internal static void AddTo(SortedSet<string> model, EntryView entry)
    {
        if (entry.Encoding == ValueEncoding.ListPack)
        {
            foreach (var element in new PackedList(entry.Value).From(0)) Assert.That(model.Add(Text(element)));
            return;
        }
        var integers = new IntegerSet(entry.Value);
        for (var i = 0; i < integers.Count; i++) Assert.That(model.Add(integers[i].ToString()));
    }

    private static void AddTo(SortedDictionary<string, string> model, HashView hash)
    {
        var walk = hash.Walk(new FieldList(), isWithOver: true);
        while (walk.MoveNext()) model.Add(Text(walk.Current.Name), FieldText(Text(walk.Current.Value), walk.Current.ExpiryMs));
        Assert.That(hash.Count, Is.EqualTo(model.Count));
    }

    internal static void AddTo(SortedDictionary<string, string> model, PackedHash hash)
    {
        for (var field = hash.First; field.Exists; field = hash.Next(field)) model.Add(Text(field.Name), FieldText(Text(field.Value), field.ExpiryMs));
    }

    internal static string Text(PackedElement element) => Encoding.Latin1.GetString(element.Text(stackalloc byte[PackedElement.IntegerTextMax]));

    internal static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private Key Key(string text) => Keyspace.KeyOf(Bytes(text));

    internal static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    /// <summary>Ends everything; the allocator then checks that no block is left.</summary>
    public void Dispose()
    {
        Snapshots.Abort();
        Sink.GiveBackAll();
        Snapshots.Dispose();
        Assert.That(Allocator.UsedBytesOf(Purpose.Snapshot), Is.Zero);
        Keyspace.Dispose();
        Allocator.Dispose();
    }

    private sealed class SeededRandomness(int seed) : Randomness
    {
        private readonly Random _random = new(seed);

        public override ulong Next() => (ulong)_random.NextInt64(long.MinValue, long.MaxValue);

        public override void Fill(Span<byte> destination) => _random.NextBytes(destination);
    }
}

internal sealed class ModelValue
{
    public byte[]? Text;
    public List<string>? List;
    public SortedDictionary<string, string>? Fields;
    public SortedSet<string>? Members;
    public SortedDictionary<string, string>? Scores;

    /// <summary>Of a stream, each entry's only field as text.</summary>
    public SortedDictionary<StreamId, string>? Entries;
    public StreamId LastId;
    public SortedDictionary<string, ModelGroup> Groups = new(StringComparer.Ordinal);
    public long ExpiryMs = EntryView.NoExpiry;

    public void AddGroup(ConsumerGroup group) => Groups.Add(SnapshotHarness.Text(group.Name), ModelGroup.Of(group));

    public ModelValue Copy() => new()
    {
        Text = (byte[]?)Text?.Clone(),
        List = List is null ? null : [.. List],
        Fields = Fields is null ? null : new(Fields, StringComparer.Ordinal),
        Members = Members is null ? null : new(Members, StringComparer.Ordinal),
        Scores = Scores is null ? null : new(Scores, StringComparer.Ordinal),
        Entries = Entries is null ? null : new(Entries),
        LastId = LastId,
        Groups = new(Groups.ToDictionary(group => group.Key, group => group.Value.Copy()), StringComparer.Ordinal),
        ExpiryMs = ExpiryMs,
    };

    public override string ToString()
    {
        var content = List is not null ? "list " + string.Join(',', List)
            : Fields is not null ? "hash " + string.Join(',', Fields.Select(field => field.Key + "=" + Shown(field.Value)))
            : Members is not null ? "set " + string.Join(',', Members)
            : Scores is not null ? "sorted set " + string.Join(',', Scores.Select(member => member.Key + "=" + member.Value))
            : Entries is not null ? $"stream up to {LastId} " + string.Join(',', Entries.Select(entry => $"{entry.Key} {Shown(entry.Value)}")) + string.Join("", Groups.Select(group => $" group {group.Key} {group.Value}"))
            : Text!.Length < 100 ? "string " + SnapshotHarness.Text(Text)
            : $"string of {Text.Length} bytes, {SipHash.Hash(Text, default):x}";
        return $"{content} expiry {ExpiryMs}";
    }

    private static string Shown(string text) =>
        text.Length < SnapshotHarness.LongBytes ? text : $"{text.Length} characters, {SipHash.Hash(MemoryMarshal.AsBytes(text.AsSpan()), default):x}";
}

/// <summary>Keeps chunks for a while before it reads them; by then the keyspace has gone on.</summary>
internal sealed class LateSink(SnapshotHarness harness) : ISnapshotSink
{
    private readonly Queue<SnapshotChunk> _chunks = new();
    private Dictionary<(int, string), ModelValue> _decoded = [];
    private Dictionary<(int, string), string> _expected = [];
    private ModelValue? _hash;
    private long _fieldsLeft;

    public int RoomMax { get; set; } = 4;

    public bool HasRoom => _chunks.Count < RoomMax;

    public int ChunksOut => _chunks.Count;

    public bool IsComplete { get; private set; }

    public void Begin(SnapshotCut cut)
    {
        Assert.That(_chunks, Is.Empty);
        _decoded = [];
        _expected = harness.Model();
        _fieldsLeft = 0;
        IsComplete = false;
        Assert.That(cut.Keys.Sum(keys => keys.Count), Is.EqualTo(_expected.Count));
        Assert.That(cut.ChangeOffset, Is.EqualTo(harness.Keyspace.Changes.Offset));
    }

    public void Take(SnapshotChunk chunk) => _chunks.Enqueue(chunk);

    public void Complete() => IsComplete = true;

    public void Abort() => _expected.Clear();

    /// <summary>Reads the oldest chunk and gives it back.</summary>
    public void GiveBackOne()
    {
        if (!_chunks.TryDequeue(out var chunk)) return;
        var reader = chunk.Read();
        while (reader.Next()) Decode(reader);
        harness.Snapshots.GiveBack(chunk);
    }

    public void GiveBackAll()
    {
        while (_chunks.Count > 0) GiveBackOne();
    }

    /// <summary>The invariant: what was saved is what was there at the cut, each key once.</summary>
    public void AssertShowsTheCut()
    {
        GiveBackAll();
        Assert.That(IsComplete);
        Assert.That(_fieldsLeft, Is.Zero);
        var decoded = _decoded.ToDictionary(pair => pair.Key, pair => pair.Value.ToString());
        foreach (var (key, value) in _expected)
        {
            if (!decoded.TryGetValue(key, out var saved)) Assert.Fail($"{key} is missing");
            else if (saved != value) Assert.Fail($"{key} is {Shortened(saved)} but was {Shortened(value)}");
        }
        Assert.That(decoded, Has.Count.EqualTo(_expected.Count));
    }

    private void AddNode(List<string> list, FrozenList frozen, int node)
    {
        if (!frozen.Compressed(node, out _).IsEmpty) harness.Count("compressed node");
        SnapshotHarness.AddTo(list, frozen.Node(node, new byte[frozen.LengthOf(node)]).From(0));
    }

    private void Decode(in SnapshotReader record)
    {
        if (record.Kind == SnapshotRecord.Field)
        {
            Assert.That(_fieldsLeft--, Is.Positive, "a field without its hash");
            var name = SnapshotHarness.Text(record.Field.Name);
            var text = SnapshotHarness.FieldText(SnapshotHarness.Text(record.Field.Value), record.Field.ExpiryMs);
            if (_hash!.Fields is { } fields) fields.Add(name, text);
            else if (_hash.Scores is { } scores) scores.Add(name, $"{SortedTable.ScoreOf(record.Field):R}");
            else Assert.That(text.Length == 0 && _hash.Members!.Add(name));
            return;
        }
        Assert.That(_fieldsLeft, Is.Zero, "another key amid the fields of a hash");
        var value = new ModelValue { ExpiryMs = record.Entry.ExpiryMs };
        _decoded.Add((record.Database, SnapshotHarness.Text(record.Entry.Key)), value);
        if (record.Kind == SnapshotRecord.Hash)
        {
            if (record.Entry.Type == ValueType.Set) value.Members = new(StringComparer.Ordinal);
            else if (record.Entry.Type == ValueType.SortedSet) value.Scores = new(StringComparer.Ordinal);
            else value.Fields = new(StringComparer.Ordinal);
            _hash = value;
            _fieldsLeft = record.FieldCount;
        }
        else if (record.Kind == SnapshotRecord.List)
        {
            value.List = [];
            for (var i = 0; i < record.List.NodeCount; i++) AddNode(value.List, record.List, i);
        }
        else if (record.Kind == SnapshotRecord.Stream)
        {
            SnapshotHarness.AddTo(value.Entries = [], record.Stream.Entries);
            value.LastId = record.Stream.LastId;
            for (var i = 0; i < record.Stream.GroupCount; i++) value.AddGroup(record.Stream.GroupAt(i));
            Assert.That(record.Stream.Length, Is.EqualTo(value.Entries.Count));
        }
        else if (record.Entry.Type == ValueType.Hash)
        {
            value.Fields = new(StringComparer.Ordinal);
            SnapshotHarness.AddTo(value.Fields, new PackedHash(record.Entry.Value, record.Entry.Encoding == ValueEncoding.ListPackEx));
        }
        else if (record.Entry.Type == ValueType.Set)
        {
            SnapshotHarness.AddTo(value.Members = new(StringComparer.Ordinal), record.Entry);
        }
        else if (record.Entry.Type == ValueType.SortedSet)
        {
            value.Scores = new(StringComparer.Ordinal);
            for (var walk = new PackedScores(record.Entry.Value).From(0); walk.MoveNext();) value.Scores.Add(SnapshotHarness.Text(walk.Member), $"{walk.Score:R}");
        }
        else if (record.Entry.Type == ValueType.List)
        {
            SnapshotHarness.AddTo(value.List = [], new PackedList(record.Entry.Value).From(0));
        }
        else
        {
            value.Text = record.Entry.Value.ToArray();
        }
    }

    private static string Shortened(string text) => text.Length <= 200 ? text : text[..200] + "…";
}
