namespace Carnelian;

/// <summary>
/// A key's stream while it is being changed. The key is made with its first entry, and stays when the last one is gone. Changes are announced by <see cref="Announce"/>. Continues
/// the <see cref="KeyEdit"/> that it was made of.
/// </summary>
public ref struct StreamEdit
{
    private KeyEdit _edit;

    /// <summary>The snapshot has what it needs of the key.</summary>
    private bool _hasBegun;

    /// <param name="edit">Of a stream, or of a key that does not exist.</param>
    public StreamEdit(KeyEdit edit)
    {
        Check.That(!edit.Exists || edit.View.Type == ValueType.Stream);
        _edit = edit;
    }

    public readonly bool Exists => _edit.Exists;

    /// <summary>The present state; its entries end with the next change.</summary>
    public readonly StreamView View => _edit.Stream;

    /// <summary>The stream, to be changed; an empty one is made if there is none.</summary>
    private NodeStream Begin()
    {
        if (!_edit.Exists) _edit.Replace(ValueType.Stream, ValueEncoding.Stream);
        else if (!_hasBegun) _edit.BeginChange();
        _hasBegun = true;
        return _edit.StreamNodes;
    }

    /// <summary>Makes the key, with an empty stream, if it does not exist.</summary>
    public void Create() => Begin();

    /// <summary>Adds an entry whose names and values are arguments from one on.</summary>
    /// <param name="id">Greater than the last one.</param>
    /// <param name="textBytes">Of these arguments together, no more than <see cref="StreamLimit.HardBytesMax"/>.</param>
    public void Append(StreamId id, scoped in Arguments args, int first, long textBytes) => Begin().Append(id, new EntryArguments(args, first), textBytes);

    /// <inheritdoc cref="NodeStream.AppendNode"/>
    public void AppendNode(StreamId master, scoped ReadOnlySpan<byte> list, long live) => Begin().AppendNode(master, list, live);

    /// <summary>Deletes an entry; false if there is none. <see cref="EndDeletions"/> is to follow.</summary>
    public bool Delete(StreamId id) => Begin().Delete(id);

    /// <summary>After deletions, one or several.</summary>
    public void EndDeletions() => Begin().RefreshFirst();

    /// <summary>Removes entries from the beginning. Returns their number.</summary>
    public long Trim(in StreamTrim trim) => Begin().Trim(trim);

    /// <inheritdoc cref="NodeStream.SetIds"/>
    public void SetIds(StreamId lastId, StreamId maxDeletedId, long entriesAdded) => Begin().SetIds(lastId, maxDeletedId, entriesAdded);

    /// <summary>The group of this name, to be changed, which is announced by <see cref="AnnounceOfGroup"/>; none, if there is none.</summary>
    public ConsumerGroupEdit EditGroup(scoped ReadOnlySpan<byte> name) => View.FindGroup(name) is { Exists: true } group ? Begin().EditGroup(group) : default;

    /// <inheritdoc cref="StreamGroups.Add"/>
    public void AddGroup(scoped ReadOnlySpan<byte> name, StreamId lastId, long entriesRead) => Begin().AddGroup(name, lastId, entriesRead);

    /// <inheritdoc cref="StreamGroups.Remove"/>
    public void RemoveGroup(scoped ReadOnlySpan<byte> name)
    {
        var nodes = Begin();
        nodes.RemoveGroup(nodes.FindGroup(name));
    }

    /// <inheritdoc cref="NodeStream.IsReferenced"/>
    public bool IsReferenced(StreamId id) => Begin().IsReferenced(id);

    /// <inheritdoc cref="NodeStream.RemovePending"/>
    public bool RemovePending(StreamId id) => Begin().RemovePending(id);

    /// <summary>Counts changes of a group and raises the event. For who watches the key that is no change, as in Redis.</summary>
    public readonly void AnnounceOfGroup(long changes, KeyspaceEvent? happened = null) => _edit.ChangedAside(changes, happened);

    /// <summary>Has those run again who wait for the stream.</summary>
    public readonly void Wake() => _edit.Wake();

    /// <summary>Counts the changes, touches the key and raises the event.</summary>
    public readonly void Announce(long changes, KeyspaceEvent? happened) => _edit.Changed(changes, happened);

    /// <summary>Names and values by turns.</summary>
    private readonly ref struct EntryArguments(Arguments args, int first) : IStreamFields
    {
        private readonly Arguments _args = args;

        public int Count => (_args.Count - first) / 2;

        public ReadOnlySpan<byte> Name(int i) => _args[first + 2 * i];

        public ReadOnlySpan<byte> Value(int i) => _args[first + 2 * i + 1];
    }
}
