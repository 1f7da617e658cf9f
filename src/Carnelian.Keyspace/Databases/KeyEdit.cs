using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// One key while it is being changed. Every mutation counts in <see cref="Keyspace.Dirty"/>, gives a snapshot its
/// pre-image, touches the key for WATCH and tracking, and raises the named event. Valid until the next look-up or edit.
/// </summary>
public ref struct KeyEdit
{
    private readonly Keyspace _keyspace;
    private readonly Database _database;
    private readonly KeyTable _table;
    private readonly Key _key;
    private readonly List<OwnedBlock>? _adoptable;
    private EntryHandle _at;

    internal KeyEdit(Keyspace keyspace, Database database, KeyTable table, Key key, EntryHandle at, bool exists, List<OwnedBlock>? adoptable = null)
    {
        _keyspace = keyspace;
        _database = database;
        _table = table;
        _key = key;
        _at = at;
        _adoptable = adoptable;
        Exists = exists;
    }

    internal readonly Keyspace Keyspace => _keyspace;

    internal readonly Database Database => _database;

    internal readonly Key Key => _key;

    /// <summary>False also for an expired key that a replica only hides.</summary>
    public bool Exists { get; private set; }

    /// <summary>The present state; its spans end with the next mutation.</summary>
    public readonly EntryView View => _at.View;

    /// <summary>Sets the whole value, creating the key if need be.</summary>
    /// <param name="expiryMs">Unix milliseconds, or <see cref="EntryView.NoExpiry"/>.</param>
    /// <param name="happened">The event, or null where the caller raises several in its own order.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Write(ValueType type, ValueEncoding encoding, scoped ReadOnlySpan<byte> value, long expiryMs, KeyspaceEvent? happened)
    {
        var created = !_at.Exists;
        if (!created) _keyspace.BeforeChange(_database, _at.View);
        _table.Write(ref _at, _key.Bytes, type, encoding, value, expiryMs, _adoptable);
        Exists = true;
        if (created) _keyspace.Created(_database, _key);
        Changed(happened);
    }

    /// <summary>Gives a string another length, zeros behind the old end, and returns it for writing. A missing key is created.</summary>
    /// <param name="happened">As for <see cref="Write"/>.</param>
    public Span<byte> Resize(int length, ValueEncoding encoding, KeyspaceEvent? happened)
    {
        if (!Exists) return Overwrite(length, encoding, happened, zeroed: true);
        _keyspace.BeforeChange(_database, _at.View);
        var value = _table.Resize(ref _at, length, encoding);
        Changed(happened);
        return value;
    }

    /// <summary>Makes the key a string of so many bytes without an expiry, and returns it for writing; see <see cref="KeyTable.Overwrite"/>.</summary>
    public Span<byte> Overwrite(int length, ValueEncoding encoding, KeyspaceEvent? happened, bool zeroed = false)
    {
        var created = !_at.Exists;
        if (!created) _keyspace.BeforeChange(_database, _at.View);
        var value = _table.Overwrite(ref _at, _key.Bytes, length, encoding, zeroed);
        Exists = true;
        if (created) _keyspace.Created(_database, _key);
        Changed(happened);
        return value;
    }

    /// <summary>Changes only the encoding of an existing string. For listeners and the change log that is no change.</summary>
    public void Recode(ValueEncoding encoding)
    {
        Check.That(Exists);
        if (View.Encoding == encoding) return;
        _keyspace.BeforeChange(_database, _at.View);
        _table.Resize(ref _at, View.Value.Length, encoding);
    }

    /// <summary>Sets an existing key's expiry, or takes it off with <see cref="EntryView.NoExpiry"/>.</summary>
    public void SetExpiry(long expiryMs, KeyspaceEvent? happened)
    {
        Check.That(Exists);
        _keyspace.BeforeChange(_database, _at.View);
        _table.WriteExpiry(ref _at, expiryMs);
        Changed(happened);
    }

    /// <summary>Raises that the key is new, which it was not when it got the value that it has: RESTORE deletes what was there before.</summary>
    public readonly void AnnounceNew() => _keyspace.Created(_database, _key);

    public void Delete(KeyspaceEvent happened)
    {
        Check.That(Exists);
        _keyspace.BeforeChange(_database, _at.View);
        _table.Remove(ref _at);
        Exists = false;
        Changed(happened);
    }

    // ---- collections: what the edits of types are made of. Events and counts of changes are theirs.

    /// <summary>
    /// Gives the key a packed collection, in place of what it has, or creates it with it; an expiry stays.
    /// </summary>
    internal void WritePacked(ValueType type, ValueEncoding encoding, scoped ReadOnlySpan<byte> packed)
    {
        var created = BeginChange();
        _table.Write(ref _at, _key.Bytes, type, encoding, packed, Exists ? View.ExpiryMs : EntryView.NoExpiry);
        EndCreation(created);
    }

    /// <summary>Changes the key's packed collection.</summary>
    internal void Splice<TChange>(scoped TChange change) where TChange : struct, IPackedChange, allows ref struct
    {
        BeginChange();
        _table.Change(ref _at, change);
    }

    /// <summary>
    /// Puts an empty collection with a root in place of what the key has, or creates the key with it; an expiry stays. Views of what was there live on until
    /// the end of the call, so that its elements can be taken over.
    /// </summary>
    internal void Replace(ValueType type, ValueEncoding encoding)
    {
        var created = BeginChange();
        _table.WriteCollection(ref _at, _key.Bytes, type, encoding, Exists ? View.ExpiryMs : EntryView.NoExpiry);
        EndCreation(created);
    }

    /// <summary>To be called before the key's collection with a root is changed. True if there is no key.</summary>
    internal bool BeginChange()
    {
        if (_at.Exists) _keyspace.BeforeChange(_database, _at.View);
        return !_at.Exists;
    }

    private void EndCreation(bool created)
    {
        Exists = true;
        if (created) _keyspace.Created(_database, _key);
    }

    /// <summary>A collection with a root no longer has so many elements. Returns the number that it has now.</summary>
    internal long Recount(long before) => _table.Recount(ref _at, before);

    /// <inheritdoc cref="KeyTable.NoteFieldsDue"/>
    internal void NoteFieldsDue(bool expire, long dueMs) => _table.NoteFieldsDue(ref _at, expire, dueMs);

    /// <summary>The collection has changed: counts that, touches the key and raises the event.</summary>
    /// <param name="changes">What <see cref="Keyspace.Dirty"/> grows by.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal readonly void Changed(long changes, KeyspaceEvent? happened)
    {
        _keyspace.Dirty += changes;
        _keyspace.SignalModified(_database, _key);
        if (happened is not null) _keyspace.Raise(happened, _database, _key);
    }

    /// <summary>As <see cref="Changed(long, KeyspaceEvent?)"/>, of what is no change for those who watch or track the key.</summary>
    internal readonly void ChangedAside(long changes, KeyspaceEvent? happened)
    {
        _keyspace.Dirty += changes;
        if (happened is not null) _keyspace.Raise(happened, _database, _key);
    }

    /// <summary>Has those run again who wait for more than that the key is made.</summary>
    internal readonly void Wake()
    {
        if (_keyspace.Waiters is { WantsModified: true } waiters) waiters.OnWoken(_database, _key);
    }

    /// <summary>Takes out a key whose collection has become empty, and raises the event of that; the change itself was announced before.</summary>
    internal void DeleteEmpty(bool raises = true)
    {
        _table.Remove(ref _at);
        Exists = false;
        if (raises) _keyspace.Raise(KeyspaceEvent.Delete, _database, _key);
    }

    /// <summary>Gives the key what another one has, a key of another database, which goes.</summary>
    internal void Take(scoped ref KeyEdit other, long expiryMs)
    {
        var created = BeginChange();
        var detached = other._table.Transfer.Detach(ref other._at);
        other.Exists = false;
        _table.Transfer.Attach(ref _at, _key.Bytes, detached, expiryMs);
        EndCreation(created);
    }

    /// <inheritdoc cref="KeyTable.Destroy"/>
    internal void Destroy()
    {
        _table.Destroy(ref _at);
        Exists = false;
    }

    internal readonly TableHost Host => _keyspace.Host;

    /// <summary>The key's list for reading.</summary>
    internal readonly ListView List => new(_database.Data, Exists ? _at.View : default);

    /// <summary>The key's list of nodes.</summary>
    internal readonly NodeList Nodes => _database.Data.List(_at.View);

    /// <summary>The key's stream.</summary>
    internal readonly NodeStream StreamNodes => _database.Data.Stream(_at.View);

    /// <summary>The key's stream for reading.</summary>
    internal readonly StreamView Stream => new(_database.Data, Exists ? _at.View : default);

    /// <summary>Gives the key's hash, which may be missing, for changing. What is returned continues this edit.</summary>
    public readonly HashEdit Hash() => new(this);

    private readonly void Changed(KeyspaceEvent? happened) => Changed(1, happened);
}
