namespace Carnelian;

/// <summary>
/// A key's collection while it is being changed. Dispose ends the change: it raises the event, and deletes a key whose collection is empty by then.
/// </summary>
/// <typeparam name="TCollection">The view through which the collection is changed.</typeparam>
public ref struct CollectionEdit<TCollection> where TCollection : struct, allows ref struct
{
    private KeyEdit _edit;
    private readonly long _countBefore;
    private readonly KeyspaceEvent? _happened;

    internal CollectionEdit(KeyEdit edit, TCollection collection, long countBefore, KeyspaceEvent? happened)
    {
        _edit = edit;
        _countBefore = countBefore;
        _happened = happened;
        Collection = collection;
    }

    public TCollection Collection { get; }

    public void Dispose() => _edit.EndCollection(_countBefore, _happened);
}
