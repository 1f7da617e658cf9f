namespace Carnelian;

/// <summary>A field of a hash, whichever way that is kept. Its bytes live until the hash is changed.</summary>
public readonly ref struct HashField
{
    internal HashField(scoped in PackedField field)
    {
        Exists = field.Exists;
        Name = field.Name;
        Value = field.Value;
        ExpiryMs = field.ExpiryMs;
    }

    internal HashField(FieldView field)
    {
        Exists = field.Exists;
        if (!Exists) return;
        Name = PackedElement.OfText(field.Name);
        Value = PackedElement.OfText(field.Value);
        ExpiryMs = field.ExpiryMs;
    }

    public bool Exists { get; }

    public PackedElement Name { get; }

    public PackedElement Value { get; }

    /// <summary>Unix milliseconds, or <see cref="EntryView.NoExpiry"/>.</summary>
    public long ExpiryMs { get; }

    public bool Expires => Exists && ExpiryMs != EntryView.NoExpiry;
}

/// <summary>
/// A read-only look at the hash of a key, packed or a table, or at none. Fields whose time is over are among those found and counted, unless it is said
/// otherwise: what becomes of them is for the caller to decide (<see cref="IsOver"/>).
/// </summary>
public readonly ref struct HashView : IFieldScan
{
    private readonly Keyspace _keyspace;
    private readonly EntryView _entry;
    private readonly FieldTable _fields;

    /// <param name="entry">A hash, or no key.</param>
    public HashView(Keyspace keyspace, Database database, EntryView entry)
    {
        _keyspace = keyspace;
        _entry = entry;
        if (!entry.Exists) return;
        Check.That(entry.Type == ValueType.Hash);
        IsTable = entry.Encoding == ValueEncoding.HashTable;
        if (IsTable) _fields = database.Data.Fields(entry);
    }

    public bool Exists => _entry.Exists;

    public bool IsTable { get; }

    internal PackedHash Packed => new(_entry.Value, _entry.Encoding == ValueEncoding.ListPackEx);

    public long Count => IsTable ? _fields.Count : Exists ? Packed.Count : 0;

    /// <summary>Fields whose time is not over.</summary>
    public long CountAlive
    {
        get
        {
            if (!Exists || !_entry.FieldsExpire || _keyspace.Policy == ExpiryPolicy.Ignore) return Count;
            return Count - (IsTable ? _fields.CountDue(_keyspace.NowMs) : Packed.CountDue(_keyspace.NowMs));
        }
    }

    /// <summary>There may be fields whose time is over.</summary>
    public bool HasDue => Exists && _entry.FieldsExpire && (IsTable ? _fields.NextDueMs : Packed.NextDueMs) < _keyspace.NowMs;

    public HashField Find(scoped ReadOnlySpan<byte> name)
    {
        if (!Exists) return default;
        if (!IsTable) return new(Packed.Find(name));
        _fields.Step();
        return new(_fields.Find(name, _fields.Hash(name)).View);
    }

    public bool IsOver(scoped in HashField field) => field.Expires && _keyspace.IsOver(field.ExpiryMs);

    /// <summary>Goes through the fields. The hash must not be changed meanwhile.</summary>
    /// <param name="found">Room for the fields of some buckets.</param>
    /// <param name="isWithOver">Also through those whose time is over.</param>
    public HashWalk Walk(FieldList found, bool isWithOver = false) => new(this, found, isWithOver);

    /// <summary>Adds the fields of one position of a walk through a table to a list, as <see cref="FieldTable.Scan"/>.</summary>
    public ulong Scan(ulong cursor, FieldList found) => _fields.Scan(cursor, found);

    /// <summary>A random field of a hash that has some.</summary>
    public HashField Sample()
    {
        var chance = _keyspace.Randomness.Next();
        return IsTable ? new(_fields.Sample(chance)) : new(Packed.At((int)Math.BigMul(chance, (ulong)Packed.Count, out _)));
    }

    /// <summary>Adds different fields of a table, drawn at random, to an empty list.</summary>
    public void SampleDistinct(long count, FieldList found) => _fields.SampleDistinct(count, _keyspace.Randomness.Next(), found);
}

/// <summary>Goes through the fields of a hash, a few buckets of a table at a time: by the time that they are looked at their memory is there.</summary>
public ref struct HashWalk
{
    private const int FieldsPerLook = 16;

    private readonly HashView _hash;
    private readonly FieldList _found;
    private readonly bool _isWithOver;
    private PackedField _packed;
    private ulong _cursor;
    private int _next;
    private bool _hasBegun;

    internal HashWalk(HashView hash, FieldList found, bool isWithOver)
    {
        _hash = hash;
        _found = found;
        _isWithOver = isWithOver;
        found.Clear();
    }

    public readonly HashField Current => _hash.IsTable ? new(_found[_next - 1]) : new(_packed);

    public bool MoveNext()
    {
        while (Advance())
        {
            if (_isWithOver || !_hash.IsOver(Current)) return true;
        }
        return false;
    }

    private bool Advance()
    {
        if (!_hash.IsTable) return AdvancePacked();
        if (_next == _found.Count) Look();
        if (_next == _found.Count) return false;
        _next++;
        return true;
    }

    private bool AdvancePacked()
    {
        if (!_hash.Exists) return false;
        var packed = _hash.Packed;
        _packed = _hasBegun ? packed.Next(_packed) : packed.First;
        _hasBegun = true;
        return _packed.Exists;
    }

    private void Look()
    {
        if (_hasBegun && _cursor == 0) return;
        _hasBegun = true;
        _found.Clear();
        _next = 0;
        do _cursor = _hash.Scan(_cursor, _found);
        while (_cursor != 0 && _found.Count < FieldsPerLook);
    }
}
