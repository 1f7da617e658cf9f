namespace Carnelian;

/// <summary>Gives a key's value to another key of the same database or another one: RENAME, MOVE, COPY.</summary>
public static class KeyTransfers
{
    /// <summary>Gives a key's value and expiry to another key, in O(1) whatever the size.</summary>
    /// <param name="replace">Whether a key in the target's place goes, without an event of its own. Otherwise nothing is moved if there is one.</param>
    /// <param name="left">The event of the key that goes; RENAME's and MOVE's differ.</param>
    public static TransferResult Move(
        this Keyspace keyspace, Database from, Key key, Database to, Key newKey, bool replace,
        KeyspaceEvent left, KeyspaceEvent arrived)
    {
        Check.That(from != to || !key.Bytes.SequenceEqual(newKey.Bytes));
        if (!keyspace.Edit(from, key).Exists) return TransferResult.Missing;
        if (!TryVacate(keyspace, to, newKey, replace)) return TransferResult.Occupied;
        // Looked up again: removing the key at the target may have moved others of its bucket.
        KeyTable table = from.Data.TableOf(key.Slot), newTable = to.Data.TableOf(newKey.Slot);
        var source = table.Find(key.Bytes, key.Hash);
        keyspace.BeforeChange(from, source.View);
        var detached = table.Transfer.Detach(ref source);
        var target = newTable.Find(newKey.Bytes, newKey.Hash);
        newTable.Transfer.Attach(ref target, newKey.Bytes, detached, detached.ExpiryMs);
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
    public static TransferResult Copy(this Keyspace keyspace, Database from, Key key, Database to, Key newKey, bool replace)
    {
        Check.That(from != to || !key.Bytes.SequenceEqual(newKey.Bytes));
        var source = keyspace.Find(from, key);
        if (!source.Exists) return TransferResult.Missing;
        if (!TryVacate(keyspace, to, newKey, replace)) return TransferResult.Occupied;
        var newTable = to.Data.TableOf(newKey.Slot);
        var target = newTable.Find(newKey.Bytes, newKey.Hash);
        newTable.Transfer.Copy(ref target, newKey.Bytes, source);
        keyspace.Dirty++;
        keyspace.Created(to, newKey);
        keyspace.SignalModified(to, newKey);
        keyspace.Raise(KeyspaceEvent.CopyTo, to, newKey);
        return TransferResult.Done;
    }

    /// <summary>Makes room for a key. False when there is another one that must stay.</summary>
    private static bool TryVacate(Keyspace keyspace, Database database, Key key, bool replace)
    {
        if (keyspace.Edit(database, key).Exists && !replace) return false;
        var table = database.Data.TableOf(key.Slot);
        var found = table.Find(key.Bytes, key.Hash);
        if (!found.Exists) return true;
        keyspace.BeforeChange(database, found.View);
        table.Remove(ref found);
        return true;
    }
}
