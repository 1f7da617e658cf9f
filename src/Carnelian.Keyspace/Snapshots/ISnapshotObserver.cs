namespace Carnelian;

/// <summary>A snapshot in the making: hears of every change to what it has not saved yet.</summary>
internal interface ISnapshotObserver
{
    /// <summary>An entry that does not bear the current mark is about to change or to go; it must be copied now. It bears the mark from then on.</summary>
    void OnChanging(Database database, EntryView entry);

    /// <summary>As for an entry, for a field of a hash that the snapshot holds.</summary>
    void OnChanging(FieldTable fields, FieldView field);

    /// <summary>
    /// A dataset is about to be discarded: all keys that the database had, or those of one slot of the dataset that it still has. True when the snapshot takes it
    /// over and disposes of it.
    /// </summary>
    bool OnDiscarding(Database database, Dataset data);

    /// <summary>Whether a dataset has keys that were there at the cut and may not be marked yet.</summary>
    bool Walks(Dataset data);
}
