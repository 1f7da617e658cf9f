namespace Carnelian;

/// <summary>
/// A place in an <see cref="IdTree"/>: at an ID, or at none, when it has left the tree at either end. It ends with the next change of the tree. It needs nothing but a root, so that a copy of one that a
/// snapshot holds can be walked on any thread. Leaves are not linked: a walk descends once for each of them.
/// </summary>
internal unsafe struct IdCursor
{
    private readonly IdTreeRoot* _root;
    private IdNode* _leaf;
    private int _index;

    private IdCursor(IdTreeRoot* root) => _root = root;

    public readonly bool IsValid => _leaf != null;

    private readonly byte* Element
    {
        get
        {
            Check.That(_leaf != null && (uint)_index < (uint)_leaf->Count);
            return IdNode.Element(_leaf, _index, _root->ElementBytes(0));
        }
    }

    public readonly StreamId Id => *(StreamId*)Element;

    /// <summary>To be read only; <see cref="IdTree.TryEdit"/> gives one that may be written.</summary>
    public readonly byte* Value => Element + StreamId.Bytes;

    public static IdCursor First(IdTreeRoot* root) => Ceiling(root, StreamId.Min);

    public static IdCursor Last(IdTreeRoot* root) => Floor(root, StreamId.Max);

    /// <summary>At this ID, or at none.</summary>
    public static IdCursor Find(IdTreeRoot* root, StreamId id)
    {
        var cursor = new IdCursor(root);
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        if (root->Top != null && root->Find(id, path)) cursor.Set(path[0].Node, path[0].Index);
        return cursor;
    }

    /// <summary>At the least ID that is not less.</summary>
    public static IdCursor Ceiling(IdTreeRoot* root, StreamId id)
    {
        var cursor = new IdCursor(root);
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        if (root->Top == null) return cursor;
        root->Find(id, path);
        if (path[0].Index < path[0].Node->Count) cursor.Set(path[0].Node, path[0].Index);
        else cursor.GoBehind(path);
        return cursor;
    }

    /// <summary>At the greatest ID that is not greater.</summary>
    public static IdCursor Floor(IdTreeRoot* root, StreamId id)
    {
        var cursor = new IdCursor(root);
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        if (root->Top == null) return cursor;
        var isThere = root->Find(id, path);
        if (isThere || path[0].Index > 0) cursor.Set(path[0].Node, isThere ? path[0].Index : path[0].Index - 1);
        else cursor.GoBefore(path);
        return cursor;
    }

    /// <summary>False: that was the last ID.</summary>
    public bool MoveNext()
    {
        if (_index + 1 < _leaf->Count)
        {
            _index++;
            return true;
        }
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        _root->Find(Id, path);
        GoBehind(path);
        return IsValid;
    }

    /// <summary>False: that was the first ID.</summary>
    public bool MovePrevious()
    {
        if (_index > 0)
        {
            _index--;
            return true;
        }
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        _root->Find(Id, path);
        GoBefore(path);
        return IsValid;
    }

    private void Set(IdNode* leaf, int index)
    {
        _leaf = leaf;
        _index = index;
    }

    /// <summary>To the beginning of the leaf behind that of a path.</summary>
    private void GoBehind(IdStep* path)
    {
        var level = 1;
        while (level < _root->Height && path[level].Index + 1 == path[level].Node->Count) level++;
        if (level >= _root->Height)
        {
            _leaf = null;
            return;
        }
        var node = IdNode.Children(path[level].Node)[path[level].Index + 1].Node;
        while (--level > 0) node = IdNode.Children(node)->Node;
        Set(node, 0);
    }

    /// <summary>To the end of the leaf before that of a path.</summary>
    private void GoBefore(IdStep* path)
    {
        var level = 1;
        while (level < _root->Height && path[level].Index == 0) level++;
        if (level >= _root->Height)
        {
            _leaf = null;
            return;
        }
        var node = IdNode.Children(path[level].Node)[path[level].Index - 1].Node;
        while (--level > 0) node = IdNode.Children(node)[node->Count - 1].Node;
        Set(node, node->Count - 1);
    }
}
