namespace Carnelian;

/// <summary>
/// A key's list while it is being changed, packed in the key's own entry or of nodes: it becomes one of nodes before elements are added that would make it too
/// large, and packed again when removals have made it small (t_list.c, listTypeTryConversion…). The key is made when its first element is. Changes are announced by
/// <see cref="End"/>, which also deletes the key of an empty list. Continues the <see cref="KeyEdit"/> that it was made of.
/// </summary>
public ref struct ListEdit
{
    /// <summary>Elements of up to so many bytes together are encoded on the stack.</summary>
    private const int StackBytesMax = 512;

    private KeyEdit _edit;

    /// <param name="edit">Of a list, or of a key that does not exist.</param>
    public ListEdit(KeyEdit edit)
    {
        Check.That(!edit.Exists || edit.View.Type == ValueType.List);
        _edit = edit;
    }

    public readonly bool Exists => _edit.Exists;

    /// <summary>The present state; it ends with the next change.</summary>
    public readonly ListView View => _edit.List;

    public readonly long Count => View.Count;

    private readonly bool IsOfNodes => _edit.Exists && _edit.View.Encoding == ValueEncoding.QuickList;

    private readonly PackedList Packed => _edit.Exists ? new(_edit.View.Value) : PackedList.Empty;

    // ---- growing

    /// <summary>Makes the list one of nodes if texts of so many bytes and elements make it too large to be packed. No change to anybody who listens.</summary>
    public void Grow(long bytes, int elements = 1)
    {
        if (IsOfNodes) return;
        var packed = Packed;
        if (!_edit.Host.ListLimit.IsExceededBy(packed.ListPackLength + bytes, (long)packed.Count + elements)) return;
        _edit.Replace(ValueType.List, ValueEncoding.QuickList);
        _edit.Nodes.AppendNode(packed);
        _edit.Recount(0);
    }

    /// <summary>Adds arguments from one on at an end, each beyond the one before.</summary>
    public void Push(scoped in Arguments values, int first, bool atHead)
    {
        long bytes = 0;
        for (var i = first; i < values.Count; i++) bytes += values[i].Length;
        var count = values.Count - first;
        Grow(bytes, count);
        if (IsOfNodes)
        {
            var nodes = BeginNodes(out var before);
            for (var i = first; i < values.Count; i++)
            {
                if (atHead) nodes.Prepend(values[i]);
                else nodes.Append(values[i]);
            }
            _edit.Recount(before);
            return;
        }
        var room = (int)bytes + count * PackedWriter.OverheadMax;
        var writer = new PackedWriter(room <= StackBytesMax ? stackalloc byte[StackBytesMax] : _edit.Host.Allocator.Scratch(room));
        for (var i = 0; i < count; i++) writer.Add(values[atHead ? values.Count - 1 - i : first + i]);
        var packed = Packed;
        Splice(packed.Replace(atHead ? 0 : packed.Count, 0, writer));
    }

    /// <summary>Adds an element at an end. <see cref="Grow"/> comes first.</summary>
    /// <param name="value">May be a view of another list, not of this one.</param>
    public void Push(scoped ReadOnlySpan<byte> value, bool atHead)
    {
        if (!IsOfNodes)
        {
            Replace(atHead ? 0 : Packed.Count, 0, value);
            return;
        }
        var nodes = BeginNodes(out var before);
        if (atHead) nodes.Prepend(value);
        else nodes.Append(value);
        _edit.Recount(before);
    }

    /// <summary>Inserts an element beside another one. <see cref="Grow"/> comes first.</summary>
    public void Insert(long index, bool after, scoped ReadOnlySpan<byte> value)
    {
        if (!IsOfNodes)
        {
            Replace((int)index + (after ? 1 : 0), 0, value);
            return;
        }
        var nodes = BeginNodes(out var before);
        if (after) nodes.InsertAfter(index, value);
        else nodes.Insert(index, value);
        _edit.Recount(before);
    }

    /// <summary>Adds a node as it is, whatever its size; the list is one of nodes from there on.</summary>
    public void AppendNode(PackedList node)
    {
        var nodes = MakeNodes(out var before);
        nodes.AppendNode(node);
        _edit.Recount(before);
    }

    /// <summary>As <see cref="AppendNode"/>, of a text that has a node of its own.</summary>
    public void AppendPlainNode(scoped ReadOnlySpan<byte> text)
    {
        var nodes = MakeNodes(out var before);
        nodes.AppendPlainNode(text);
        _edit.Recount(before);
    }

    private NodeList MakeNodes(out long before)
    {
        if (!_edit.Exists) _edit.Replace(ValueType.List, ValueEncoding.QuickList);
        Check.That(IsOfNodes);
        return BeginNodes(out before);
    }

    /// <summary>Puts an element in another one's place. <see cref="Grow"/> comes first.</summary>
    public void Set(long index, scoped ReadOnlySpan<byte> value)
    {
        if (!IsOfNodes) Replace((int)index, 1, value);
        else BeginNodes(out _).Set(index, value);
    }

    // ---- shrinking

    public void RemoveRange(long index, long count)
    {
        if (count == 0) return;
        if (!IsOfNodes)
        {
            Splice(Packed.Remove((int)index, (int)count));
            return;
        }
        BeginNodes(out var before).RemoveRange(index, count);
        _edit.Recount(before);
    }

    /// <summary>Removes elements from an end.</summary>
    public void RemoveEnd(long count, bool atHead) => RemoveRange(atHead ? 0 : Count - count, count);

    /// <summary>Takes an element from an end. Its text lives until the end of the call.</summary>
    /// <param name="wasInteger">It was kept as a number.</param>
    public ReadOnlySpan<byte> Take(bool atHead, out bool wasInteger)
    {
        var element = View[atHead ? 0 : Count - 1];
        wasInteger = element.IsInteger;
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var text = element.Text(digits);
        var kept = _edit.Host.Allocator.Scratch(text.Length);
        text.CopyTo(kept);
        RemoveEnd(1, atHead);
        return kept;
    }

    /// <summary>Removes the first or the last <paramref name="max"/> elements that are equal to a text. Returns their number.</summary>
    public long RemoveEqual(scoped ReadOnlySpan<byte> value, long max, bool fromTail)
    {
        if (!IsOfNodes) return RemoveEqualPacked(value, max, fromTail);
        var removed = BeginNodes(out var before).RemoveEqual(value, max, fromTail);
        _edit.Recount(before);
        return removed;
    }

    private long RemoveEqualPacked(scoped ReadOnlySpan<byte> value, long max, bool fromTail)
    {
        var packed = Packed;
        var matcher = new ElementMatcher(value);
        var found = packed.CountEqual(matcher);
        if (found == 0) return 0;
        var take = (int)Math.Min(found, max);
        var rest = _edit.Host.Allocator.Scratch(packed.Bytes.Length);
        var length = packed.CopyWithoutEqual(rest, matcher, fromTail ? found - take : 0, take);
        _edit.WritePacked(ValueType.List, ValueEncoding.ListPack, rest[..length]);
        return take;
    }

    /// <summary>Makes the list a packed one if what was removed has left it small. No change to anybody who listens.</summary>
    /// <param name="hasShrunk">False of a list that was read as a whole: it may fill the limit.</param>
    public void Shrink(bool hasShrunk = true)
    {
        if (!IsOfNodes || !_edit.Nodes.FitsPacked(hasShrunk)) return;
        _edit.WritePacked(ValueType.List, ValueEncoding.ListPack, _edit.Nodes.Node(0).Bytes);
    }

    // ---- announcing

    /// <summary>Gives the list, one of <see cref="Keyspace.NewList"/>, to a key, in place of what that has, and tells it.</summary>
    public void GiveTo(scoped ref KeyEdit key, long changes, KeyspaceEvent happened)
    {
        key.Take(ref _edit, EntryView.NoExpiry);
        key.Changed(changes, happened);
    }

    /// <summary>Elements were added or set: counts the changes, touches the key and raises the event.</summary>
    public readonly void Announce(long changes, KeyspaceEvent happened) => _edit.Changed(changes, happened);

    /// <summary>As <see cref="Announce"/>, where elements were removed: an empty list goes, a small one becomes packed.</summary>
    public void End(long changes, KeyspaceEvent happened)
    {
        _edit.Changed(changes, happened);
        if (Count == 0) _edit.DeleteEmpty();
        else Shrink();
    }

    // ---- either kind

    private NodeList BeginNodes(out long before)
    {
        _edit.BeginChange();
        var nodes = _edit.Nodes;
        before = nodes.Count;
        return nodes;
    }

    private void Replace(int index, int removed, scoped ReadOnlySpan<byte> value)
    {
        var room = value.Length + PackedWriter.OverheadMax;
        var writer = new PackedWriter(room <= StackBytesMax ? stackalloc byte[StackBytesMax] : _edit.Host.Allocator.Scratch(room));
        writer.Add(value);
        Splice(Packed.Replace(index, removed, writer));
    }

    private void Splice(scoped Splice splice)
    {
        if (_edit.Exists)
        {
            _edit.Splice(splice);
            return;
        }
        var length = PackedList.Empty.Bytes.Length + splice.LengthChange;
        var packed = length <= StackBytesMax ? stackalloc byte[StackBytesMax] : _edit.Host.Allocator.Scratch(length);
        splice.CopyTo(PackedList.Empty, packed);
        _edit.WritePacked(ValueType.List, ValueEncoding.ListPack, packed[..length]);
    }
}
