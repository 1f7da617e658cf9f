namespace Carnelian;

/// <summary>Puts what a file has into a keyspace that has none of its keys, or overwrites them. Functions and what the file says of itself are kept for whoever asks.</summary>
public sealed class RdbLoader(Keyspace keyspace) : IRdbSink
{
    private readonly RdbValueReader _values = new(keyspace) { VersionTellsForms = true };
    private readonly StringsAhead _strings = new(keyspace);
    private readonly RdbScratch _text = new();

    /// <summary>No file says more of itself; a damaged one takes no memory by it.</summary>
    private const int AuxMax = 1000;

    /// <summary>Of the stream that comes next; null: nothing was told.</summary>
    private byte[]? _activity;

    public RdbSettings Settings
    {
        init
        {
            _values.UnknownModules = value.UnknownModules;
            _values.CountsSanitized = value.Sanitizing == PayloadSanitizing.Always;
        }
    }

    /// <summary>Told the name of a key that is passed over because it has no elements, or its module is not known.</summary>
    public Action<string, RdbOutcome>? PassedOver { get; init; }

    /// <inheritdoc cref="RdbValueReader.ProducersSkipped"/>
    public long ProducersSkipped => _values.ProducersSkipped;

    /// <summary>True: a key whose time is over is left out. The base of an append-only file needs them, because what comes behind it relies on them.</summary>
    public bool DropsExpired { get; init; } = true;

    /// <summary>A key that there is already is overwritten; else that is an error (DEBUG RELOAD MERGE).</summary>
    public bool Overwrites { get; init; }

    public long KeysLoaded { get; private set; }

    public long KeysExpired { get; private set; }

    /// <summary>What the file says of itself, by name.</summary>
    public Dictionary<string, string> Aux { get; } = [];

    /// <summary>Sources of libraries.</summary>
    public List<byte[]> Functions { get; } = [];

    public void TakeAux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.SequenceEqual(ConsumerActivity.AuxName)) _activity = value.ToArray();
        else if (Aux.Count < AuxMax) Aux[ByteText.FromBytes(name)] = ByteText.FromBytes(value);
    }

    public void TakeFunctions(ReadOnlySpan<byte> library) => Functions.Add(library.ToArray());

    /// <summary>Tables grow as they are filled; there is nothing to prepare.</summary>
    public void TakeSizes(long database, int slot, long keys, long expiring)
    {
    }

    public RdbOutcome TakeKey(scoped ref RdbReader input, scoped in RdbKey key)
    {
        if (DropsExpired && key.ExpiryMs != EntryView.NoExpiry && key.ExpiryMs < keyspace.NowMs)
        {
            KeysExpired++;
            return _values.Look(ref input, key.Type, key.Version);
        }
        if (key.Database >= keyspace.Databases.Length)
        {
            input.Fail($"a key of database {key.Database}, where there are {keyspace.Databases.Length}");
            return RdbOutcome.Damaged;
        }
        var database = keyspace.Databases[(int)key.Database];
        if (key.Type == (byte)RdbType.String) return TakeString(ref input, database, key);
        if (!TryPause(ref input)) return RdbOutcome.Damaged;
        var edit = keyspace.EditEvenExpired(database, keyspace.KeyOf(key.Name));
        if (edit.Exists && !Overwrites) return FailTwice(ref input, key.Name);
        var outcome = _values.Read(ref input, key.Type, key.Version, ref edit, key.ExpiryMs);
        if (outcome == RdbOutcome.Read)
        {
            if (_activity is not null) TakeActivity(key.Type, edit);
            keyspace.Access.SetUse(edit.View, key.IdleSeconds, key.Frequency);
            KeysLoaded++;
        }
        else if (outcome != RdbOutcome.Damaged) PassedOver?.Invoke(ByteText.FromBytes(key.Name), outcome);
        keyspace.Allocator.ReleaseRetired();
        return outcome;
    }

    private void TakeActivity(byte type, KeyEdit edit)
    {
        if (type == (byte)RdbType.Stream2)
        {
            var stream = new StreamEdit(edit);
            ConsumerActivity.Apply(ref stream, _activity);
        }
        _activity = null;
    }

    private RdbOutcome TakeString(scoped ref RdbReader input, Database database, scoped in RdbKey key)
    {
        if (!input.TryString(_text, out var value)) return RdbOutcome.Damaged;
        if (_strings.IsFull && !_strings.TryPut(Overwrites, out var name)) return FailTwice(ref input, name);
        KeysLoaded++;
        if (StringsAhead.Takes(key.Name.Length, value.Length))
        {
            _strings.Add(database, key, value);
            return RdbOutcome.Read;
        }
        if (!TryPause(ref input)) return RdbOutcome.Damaged;
        var edit = keyspace.EditEvenExpired(database, keyspace.KeyOf(key.Name));
        if (edit.Exists && !Overwrites) return FailTwice(ref input, key.Name);
        edit.Write(ValueType.String, StringValue.EncodingOf(value), value, key.ExpiryMs, null);
        keyspace.Access.SetUse(edit.View, key.IdleSeconds, key.Frequency);
        return RdbOutcome.Read;
    }

    public bool TryPause(scoped ref RdbReader input)
    {
        while (!_strings.IsEmpty)
        {
            if (_strings.TryPut(Overwrites, out var name)) continue;
            FailTwice(ref input, name);
            return false;
        }
        keyspace.Allocator.ReleaseRetired();
        return true;
    }

    private static RdbOutcome FailTwice(scoped ref RdbReader input, scoped ReadOnlySpan<byte> name)
    {
        input.Fail($"the key '{ByteText.FromBytes(name)}' twice in one database");
        return RdbOutcome.Damaged;
    }
}
