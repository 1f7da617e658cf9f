namespace Carnelian;

/// <summary>A snapshot in the making: hears of every change to what it has not saved yet.</summary>
internal interface ISnapshotObserver
{
    /// <summary>An entry that does not bear the current mark is about to change or to go; it must be copied now. It bears the mark from then on.</summary>
    void OnChanging(Database database, EntryView entry);

    /// <summary>As for an entry, for a field of a hash that the snapshot holds.</summary>
    void OnChanging(FieldTable fields, FieldView field);

    /// <summary>A database's dataset is about to be discarded; true when the snapshot takes it over and disposes of it.</summary>
    bool OnFlushing(Database database, Dataset data);
}
