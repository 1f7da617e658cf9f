namespace Carnelian;

/// <summary>Moves what lies under a key to another one, of the same table or not: for RENAME, MOVE and COPY.</summary>
public readonly unsafe ref struct EntryTransfer
{
    private readonly KeyTable _table;

    internal EntryTransfer(KeyTable table) => _table = table;

    /// <summary>
    /// Takes a key out. What lies outside its entry stays: the next <see cref="Attach"/> puts it under another key. The result lives until the end
    /// of the call.
    /// </summary>
    public EntryView Detach(scoped ref EntryHandle at)
    {
        var entry = _table.TakeOut(ref at);
        _table.RetireEntry(entry);
        return new(entry);
    }

    /// <summary>Gives a key, whether it exists or not, type and value of an entry that was detached from this table or another, and an expiry.</summary>
    public void Attach(scoped ref EntryHandle at, scoped ReadOnlySpan<byte> key, EntryView detached, long expiryMs)
    {
        var from = Entry.Header(detached.Address);
        var value = new ReadOnlySpan<byte>(Entry.ValueStart(detached.Address), Entry.External(from) ? Entry.ExternalBytes : Entry.InlineLength(from));
        var header = Entry.MakeHeader(key.Length, Entry.Type(from), Entry.Encoding(from), expiryMs != EntryView.NoExpiry, Entry.External(from), Entry.InlineLength(from));
        _table.Put(ref at, key, Entry.WithFieldsExpire(header, Entry.FieldsExpire(from)), expiryMs, value);
    }

    /// <summary>Gives a key that does not exist the type, expiry and a copy of the value of an entry of this table or another.</summary>
    public void Copy(scoped ref EntryHandle at, scoped ReadOnlySpan<byte> key, EntryView source)
    {
        Check.That(!at.Exists);
        var root = Entry.Root(source.Address);
        if (root == null)
        {
            _table.Write(ref at, key, source.Type, source.Encoding, source.Value, source.ExpiryMs);
        }
        else
        {
            _table.WriteCollection(ref at, key, source.Type, source.Encoding, source.ExpiryMs);
            _table.AddAll(ref at, source);
        }
        if (source.FieldsExpire) _table.NoteFieldsDue(ref at, true, CollectionKinds.Find(Entry.Header(source.Address))!.NextDueMs(source.Address));
    }
}
