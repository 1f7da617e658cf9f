namespace Carnelian;

/// <summary>How much memory a key table takes, and each of its keys.</summary>
public readonly unsafe ref struct KeyTableMemory
{
    private readonly HashTable<EntryLayout> _table;
    private readonly TableHost _host;

    internal KeyTableMemory(HashTable<EntryLayout> table, TableHost host)
    {
        _table = table;
        _host = host;
    }

    /// <summary>Memory of the table itself.</summary>
    public long BucketBytes => _table.Root->BucketBytes;

    /// <summary>Memory of the times by which keys that expire are found.</summary>
    public long ExpiryCountBytes => _table.Root->DueBytes;

    /// <summary>Memory of the array that a rehash is emptying.</summary>
    public long RehashingBytes => _table.IsRehashing ? (long)_table.Root->Main.BucketBytes : 0;

    /// <summary>Memory that a key and its value take; <paramref name="samples"/> elements of a collection are measured and stand for the others.</summary>
    public long KeyBytes(EntryView entry, long samples)
    {
        var root = Entry.Root(entry.Address);
        return entry.MemoryBytes + (root == null ? 0 : Collections.MemoryBytes(root, entry.Encoding, samples, _host));
    }
}
