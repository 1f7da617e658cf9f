namespace Carnelian;

/// <summary>The fields of a hash while it is being changed; valid as long as the <see cref="CollectionEdit{TCollection}"/> that has it.</summary>
public readonly ref struct FieldsEdit
{
    private readonly Keyspace _keyspace;
    private readonly FieldTable _fields;

    internal FieldsEdit(Keyspace keyspace, FieldTable fields)
    {
        _keyspace = keyspace;
        _fields = fields;
    }

    public long Count => _fields.Count;

    /// <summary>True if the field is new.</summary>
    public bool Set(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        var at = Find(name);
        var exists = at.Exists;
        if (exists) _keyspace.BeforeChange(_fields, at.View);
        _fields.Set(ref at, name, value);
        return !exists;
    }

    /// <summary>True if the field was there.</summary>
    public bool Delete(scoped ReadOnlySpan<byte> name)
    {
        var at = Find(name);
        if (!at.Exists) return false;
        _keyspace.BeforeChange(_fields, at.View);
        _fields.Remove(ref at);
        return true;
    }

    private FieldHandle Find(scoped ReadOnlySpan<byte> name)
    {
        _fields.Step();
        return _fields.Find(name, _fields.Hash(name));
    }
}
