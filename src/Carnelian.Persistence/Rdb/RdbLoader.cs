namespace Carnelian;

/// <summary>Puts what a file has into a keyspace that has none of its keys. Functions and what the file says of itself are kept for whoever asks.</summary>
public sealed class RdbLoader(Keyspace keyspace) : IRdbSink
{
    private readonly RdbValueReader _values = new(keyspace);

    /// <summary>True: a key whose time is over is left out. The base of an append-only file needs them, because what comes behind it relies on them.</summary>
    public bool DropsExpired { get; init; } = true;

    public long KeysLoaded { get; private set; }

    public long KeysExpired { get; private set; }

    /// <summary>What the file says of itself, by name.</summary>
    public Dictionary<string, string> Aux { get; } = [];

    /// <summary>Sources of libraries.</summary>
    public List<byte[]> Functions { get; } = [];

    public void TakeAux(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) => Aux[ByteText.FromBytes(name)] = ByteText.FromBytes(value);

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
        var edit = keyspace.EditEvenExpired(keyspace.Databases[(int)key.Database], keyspace.KeyOf(key.Name));
        if (edit.Exists)
        {
            input.Fail($"the key '{ByteText.FromBytes(key.Name)}' twice in database {key.Database}");
            return RdbOutcome.Damaged;
        }
        var outcome = _values.Read(ref input, key.Type, key.Version, ref edit, key.ExpiryMs);
        if (outcome == RdbOutcome.Read)
        {
            keyspace.Access.SetUse(edit.View, key.IdleSeconds, key.Frequency);
            KeysLoaded++;
        }
        keyspace.Allocator.ReleaseRetired();
        return outcome;
    }
}
