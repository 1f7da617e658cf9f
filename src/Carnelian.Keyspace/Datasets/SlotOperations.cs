namespace Carnelian;

/// <summary>What is done with all keys of a slot at once. Each takes O(1), whatever their number; with <see cref="Dataset.CountInSlot"/> and <see cref="Dataset.Scan"/> they are counted and walked.</summary>
public static class SlotOperations
{
    /// <summary>Deletes a slot's keys, for whose memory the same holds as in <see cref="Keyspace.Flush"/>. Returns their number.</summary>
    public static long FlushSlot(this Keyspace keyspace, Database database, int slot, bool background)
    {
        var keys = database.Data.CountInSlot(slot);
        if (keys == 0) return 0;
        keyspace.SlotChanging(database, slot);
        keyspace.Discard(database, database.Data.Detach(slot), background);
        return keys;
    }

    /// <summary>Makes room for keys of a slot that are to appear in a database together.</summary>
    public static SlotImport BeginImport(this Keyspace keyspace, Database database, int slot)
    {
        var import = new SlotImport(keyspace, database, slot);
        keyspace.Imports.Add(import);
        return import;
    }

    /// <summary>
    /// Shows an import's keys in their database, in O(1). False, and nothing is done, while the database has keys of the slot or a snapshot
    /// walks whose cut the import has not seen: the snapshot would take keys for some of its own that appeared after the cut.
    /// </summary>
    public static bool TryAttach(this Keyspace keyspace, SlotImport import)
    {
        var (data, arriving) = (import.Target.Data, import.Arriving.Data);
        if (data.CountInSlot(import.Slot) > 0 || keyspace.Snapshot is { } snapshot && snapshot.Walks(arriving)) return false;
        Check.That(keyspace.Imports.Remove(import));
        keyspace.SlotChanging(import.Target, import.Slot);
        data.Attach(import.Slot, arriving);
        return true;
    }

    /// <summary>Gives an import up. Its keys are freed in the background.</summary>
    public static void Abandon(this Keyspace keyspace, SlotImport import)
    {
        Check.That(keyspace.Imports.Remove(import));
        keyspace.Discard(import.Arriving, import.Arriving.Data, background: true);
    }
}
