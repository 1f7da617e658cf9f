namespace Carnelian;

/// <summary>
/// Short strings on their way into a keyspace. Where each will be looked for the processor is asked when it comes, and it is put there when so many more have come: by then the memory has arrived.
/// Five million strings of 16+32 bytes take a quarter less CPU by that.
/// </summary>
internal sealed class StringsAhead(Keyspace keyspace)
{
    private const int Ahead = 16, BytesMax = 256;

    private readonly Pending[] _pending = new Pending[Ahead];
    private readonly byte[] _bytes = new byte[Ahead * BytesMax];
    private int _first, _count;

    private struct Pending
    {
        public Database Database;
        public int NameLength, ValueLength, Slot;
        public ulong Hash;
        public long ExpiryMs, IdleSeconds;
        public int Frequency;
    }

    public static bool Takes(int nameLength, int valueLength) => nameLength + valueLength <= BytesMax;

    public bool IsEmpty => _count == 0;

    /// <summary>There is no room for another one before <see cref="TryPut"/>.</summary>
    public bool IsFull => _count == Ahead;

    public void Add(Database database, scoped in RdbKey key, ReadOnlySpan<byte> value)
    {
        var at = (_first + _count++) % Ahead;
        var bytes = BytesOf(at);
        key.Name.CopyTo(bytes);
        value.CopyTo(bytes[key.Name.Length..]);
        var found = keyspace.KeyOf(key.Name);
        _pending[at] = new()
        {
            Database = database, NameLength = key.Name.Length, ValueLength = value.Length, Slot = found.Slot, Hash = found.Hash, ExpiryMs = key.ExpiryMs,
            IdleSeconds = key.IdleSeconds, Frequency = key.Frequency,
        };
        database.Data.PrefetchBucket(found.Slot, found.Hash);
    }

    private Span<byte> BytesOf(int at) => _bytes.AsSpan(at * BytesMax, BytesMax);

    /// <summary>Puts the first one into the keyspace; false if there is such a key that may not be overwritten.</summary>
    public bool TryPut(bool overwrites, out ReadOnlySpan<byte> name)
    {
        ref var pending = ref _pending[_first];
        var bytes = BytesOf(_first);
        name = bytes[..pending.NameLength];
        _first = (_first + 1) % Ahead;
        _count--;
        var edit = keyspace.EditEvenExpired(pending.Database, new Key(name, pending.Hash, pending.Slot));
        if (edit.Exists && !overwrites) return false;
        var value = bytes.Slice(pending.NameLength, pending.ValueLength);
        edit.Write(ValueType.String, StringValue.EncodingOf(value), value, pending.ExpiryMs, null);
        keyspace.Access.SetUse(edit.View, pending.IdleSeconds, pending.Frequency);
        return true;
    }
}
