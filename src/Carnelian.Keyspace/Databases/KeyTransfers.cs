namespace Carnelian;

/// <summary>Gives a key's value to another key of the same database or another one: RENAME, MOVE, COPY.</summary>
public static class KeyTransfers
{
    /// <summary>Gives a key's value and expiry to another key, in O(1) whatever the size.</summary>
    /// <param name="replace">Whether a key in the target's place goes, without an event of its own. Otherwise nothing is moved if there is one.</param>
    /// <param name="left">The event of the key that goes; RENAME's and MOVE's differ.</param>
    public static TransferResult Move(
        this Keyspace keyspace, Database from, ReadOnlySpan<byte> key, Database to, ReadOnlySpan<byte> newKey, bool replace,
        KeyspaceEvent left, KeyspaceEvent arrived)
    {
        ulong hash = keyspace.Hash(key), newHash = keyspace.Hash(newKey);
        Check.That(from != to || !key.SequenceEqual(newKey));
        if (!keyspace.Edit(from, key, hash).Exists) return TransferResult.Missing;
        if (!TryVacate(keyspace, to, newKey, newHash, replace)) return TransferResult.Occupied;
        // Looked up again: removing the key at the target may have moved others of its bucket.
        var source = from.Keys.Find(key, hash);
        keyspace.BeforeChange(from, source.View);
        var detached = from.Keys.Transfer.Detach(ref source);
        var target = to.Keys.Find(newKey, newHash);
        to.Keys.Transfer.Attach(ref target, newKey, detached);
        keyspace.Dirty++;
        keyspace.Created(to, newKey);
        keyspace.SignalModified(from, key);
        keyspace.SignalModified(to, newKey);
        keyspace.Raise(left, from, key);
        keyspace.Raise(arrived, to, newKey);
        return TransferResult.Done;
    }

    /// <summary>Gives another key the same value and expiry, in O(N) of a collection's elements.</summary>
    /// <param name="replace">As in <see cref="Move"/>.</param>
    public static TransferResult Copy(this Keyspace keyspace, Database from, ReadOnlySpan<byte> key, Database to, ReadOnlySpan<byte> newKey, bool replace)
    {
        Check.That(from != to || !key.SequenceEqual(newKey));
        var source = keyspace.Find(from, key, keyspace.Hash(key));
        if (!source.Exists) return TransferResult.Missing;
        var newHash = keyspace.Hash(newKey);
        if (!TryVacate(keyspace, to, newKey, newHash, replace)) return TransferResult.Occupied;
        var target = to.Keys.Find(newKey, newHash);
        to.Keys.Transfer.Copy(ref target, newKey, source);
        keyspace.Dirty++;
        keyspace.Created(to, newKey);
        keyspace.SignalModified(to, newKey);
        keyspace.Raise(KeyspaceEvent.CopyTo, to, newKey);
        return TransferResult.Done;
    }

    /// <summary>Makes room for a key. False when there is another one that must stay.</summary>
    private static bool TryVacate(Keyspace keyspace, Database database, ReadOnlySpan<byte> key, ulong hash, bool replace)
    {
        if (keyspace.Edit(database, key, hash).Exists && !replace) return false;
        var found = database.Keys.Find(key, hash);
        if (!found.Exists) return true;
        keyspace.BeforeChange(database, found.View);
        database.Keys.Remove(ref found);
        return true;
    }
}
