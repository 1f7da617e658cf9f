namespace Carnelian;

/// <summary>
/// Keys that stay as they are for a while, because they are on their way to another server: neither time nor want of memory deletes them, or fields of them. What
/// requests would do to them the floor above holds up; a flush takes them with all others.
/// </summary>
public sealed class HeldKeys : IDisposable
{
    private readonly Keyspace _keyspace;
    private readonly Multimap _keys;

    internal HeldKeys(Keyspace keyspace) => (_keyspace, _keys) = (keyspace, new(keyspace.Host, Purpose.Other));

    /// <summary>There is one.</summary>
    public bool Any => _keys.Groups > 0;

    /// <param name="holder">Whoever holds it; several may hold a key.</param>
    public void Hold(Database database, Key key, long holder, ref MultimapChain chain) => _keys.Add(database.Number, key.Bytes, key.Hash, holder, ref chain);

    /// <summary>Lets go of all that a holder holds.</summary>
    public void Release(ref MultimapChain chain)
    {
        for (var link = chain.First; link.Exists; link = link.NextOfHolder) FindAgain(link.Group);
        _keys.RemoveAll(ref chain);
    }

    /// <summary>Active expiry has passed a key by whose time, or whose fields' time, came meanwhile, and counted on its being gone.</summary>
    private void FindAgain(MultimapGroup group)
    {
        var database = _keyspace.Databases[group.Number];
        var key = _keyspace.KeyOf(group.Key);
        var table = database.Data.TableOf(key.Slot);
        var found = table.Find(key.Bytes, key.Hash);
        if (!found.Exists) return;
        if (found.View.Expires) table.WriteExpiry(ref found, found.View.ExpiryMs);
        if (found.View.FieldsExpire) _keyspace.EditEvenExpired(database, key).Hash().NoteDue();
    }

    public bool Contains(Database database, Key key) => Any && !database.IsHidden && _keys.TryFind(database.Number, key.Bytes, key.Hash, out _);

    public void Dispose() => _keys.Dispose();
}
