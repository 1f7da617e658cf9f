namespace Carnelian;

/// <summary>
/// A handle to a B+ tree (Comer, "The Ubiquitous B-Tree", 1979) of IDs with values of one size. What is appended leaves full nodes behind. A tree that a snapshot holds shares its nodes with it: who
/// changes it changes copies of those on the way from the top, and what the tree has no more use for is dropped, that is kept for the snapshot alone until that frees it.
/// </summary>
internal readonly unsafe struct IdTree(IdTreeRoot* root, TableHost host)
{
    private readonly IdTreeRoot* _root = root;

    public long Count => _root->Count;

    /// <summary>Of the nodes; the root belongs to its owner.</summary>
    public long MemoryBytes => _root->NodesBytes;

    // ---- reading

    public IdCursor First => IdCursor.First(_root);

    public IdCursor Last => IdCursor.Last(_root);

    /// <inheritdoc cref="IdCursor.Find"/>
    public IdCursor Find(StreamId id) => IdCursor.Find(_root, id);

    /// <inheritdoc cref="IdCursor.Ceiling"/>
    public IdCursor Ceiling(StreamId id) => IdCursor.Ceiling(_root, id);

    /// <inheritdoc cref="IdCursor.Floor"/>
    public IdCursor Floor(StreamId id) => IdCursor.Floor(_root, id);

    // ---- changing

    /// <summary>An ID's value, to be written before the tree is changed again.</summary>
    public bool TryEdit(StreamId id, out byte* value)
    {
        value = null;
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        if (_root->Top == null || !_root->Find(id, path)) return false;
        Own(path);
        value = ElementAt(path) + StreamId.Bytes;
        return true;
    }

    /// <summary>An ID's value, to be written before the tree is changed again; one that was added has no value yet.</summary>
    public byte* GetOrAdd(StreamId id, out bool isAdded)
    {
        if (_root->Top == null)
        {
            _root->Top = NewNode(1, 0);
            _root->Height = 1;
        }
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        isAdded = !_root->Find(id, path);
        Own(path);
        if (!isAdded) return ElementAt(path) + StreamId.Bytes;
        _root->Count++;
        return Insert(path, 0, id) + StreamId.Bytes;
    }

    private byte* ElementAt(IdStep* path) => IdNode.Element(path[0].Node, path[0].Index, _root->ElementBytes(0));

    /// <summary>Makes a place where a path leads on a level. Above it the path is no longer true.</summary>
    private byte* Insert(IdStep* path, int level, StreamId id)
    {
        var node = path[level].Node;
        if (node->Count == node->Capacity)
        {
            var capacity = Math.Min(node->Capacity * 2, CapacityMax(level));
            if (capacity > node->Capacity) Renew(path, level, capacity);
            else Split(path, level, id);
        }
        return IdNode.Insert(path[level].Node, path[level].Index, id, _root->ElementBytes(level));
    }

    /// <summary>
    /// Gives a full node a new neighbour on its right. What grows at the end, as nearly everything that is ordered by time does, leaves full nodes behind.
    /// </summary>
    private void Split(IdStep* path, int level, StreamId id)
    {
        var node = path[level].Node;
        var index = path[level].Index;
        var atEnd = index == node->Count && IsLast(path, level);
        var kept = atEnd ? node->Count : node->Count / 2;
        var right = NewNode(atEnd ? 1 : CapacityMax(level), level);
        if (level + 1 == _root->Height) AddLevel(path);
        path[level + 1].Index++;
        var from = atEnd ? id : IdNode.Id(node, kept, _root->ElementBytes(level));
        ((IdChild*)Insert(path, level + 1, from))->Node = right;
        IdNode.Append(right, node, kept, _root->ElementBytes(level));
        node->Count = kept;
        if (atEnd || index > kept) path[level] = new() { Node = right, Index = index - kept };
    }

    /// <summary>From a level on the path goes through the last child everywhere.</summary>
    private bool IsLast(IdStep* path, int level)
    {
        while (++level < _root->Height)
        {
            if (path[level].Index + 1 < path[level].Node->Count) return false;
        }
        return true;
    }

    private void AddLevel(IdStep* path)
    {
        Check.That(_root->Height < IdTreeRoot.HeightMax);
        var level = _root->Height++;
        var top = NewNode(2, level);
        top->Count = 1;
        *IdNode.Children(top) = new() { Node = _root->Top };
        _root->Top = top;
        path[level] = new() { Node = top };
    }

    /// <summary>False: there is no such ID.</summary>
    /// <param name="value">Where a copy of its value is to go.</param>
    public bool Remove(StreamId id, void* value = null)
    {
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        if (_root->Top == null || !_root->Find(id, path)) return false;
        Own(path);
        _root->Count--;
        var valueBytes = _root->ElementBytes(0) - StreamId.Bytes;
        if (value != null) Buffer.MemoryCopy(ElementAt(path) + StreamId.Bytes, value, valueBytes, valueBytes);
        IdNode.Remove(path[0].Node, path[0].Index, _root->ElementBytes(0));
        var level = 0;
        for (; path[level].Node->Count == 0; level++)
        {
            Drop(path[level].Node, level);
            if (level + 1 == _root->Height)
            {
                _root->Top = null;
                _root->Height = 0;
                return true;
            }
            IdNode.Remove(path[level + 1].Node, path[level + 1].Index, IdChild.Bytes);
        }
        for (; level + 1 < _root->Height; level++) Merge(path, level);
        Lower();
        return true;
    }

    /// <summary>Makes one of a node and a neighbour that have little between them.</summary>
    private void Merge(IdStep* path, int level)
    {
        var parent = path[level + 1].Node;
        var index = path[level + 1].Index;
        if (path[level].Node->Count > CapacityMax(level) / 2) return;
        if (index + 1 < parent->Count && TryMerge(parent, index, level)) return;
        if (index > 0) TryMerge(parent, index - 1, level);
    }

    private bool TryMerge(IdNode* parent, int index, int level)
    {
        var right = IdNode.Children(parent)[index + 1];
        var left = IdNode.Children(parent)[index].Node;
        var count = left->Count + right.Node->Count;
        if (count > CapacityMax(level) * 3 / 4) return false;
        if (_root->IsShared(left) || left->Capacity < count) left = Renew(left, level, Math.Max(left->Capacity, count), &IdNode.Children(parent)[index].Node);
        var firstMoved = left->Count;
        IdNode.Append(left, right.Node, 0, _root->ElementBytes(level));
        // Only the parent knew it.
        if (level > 0) IdNode.Children(left)[firstMoved].From = right.From;
        IdNode.Remove(parent, index + 1, IdChild.Bytes);
        Drop(right.Node, level);
        return true;
    }

    /// <summary>Takes away levels of one child, and room that a single leaf has too much of.</summary>
    private void Lower()
    {
        while (_root->Height > 1 && _root->Top->Count == 1)
        {
            var top = _root->Top;
            _root->Top = IdNode.Children(top)->Node;
            Drop(top, --_root->Height);
        }
        if (_root->Height == 1 && _root->Top->Count <= _root->Top->Capacity / 4) Renew(_root->Top, 0, _root->Top->Capacity / 2, &_root->Top);
    }

    // ---- nodes

    private int CapacityMax(int level) => IdNode.CapacityMax(_root->ElementBytes(level));

    private IdNode* NewNode(int capacity, int level)
    {
        _root->NodesBytes += IdNode.Bytes(capacity, _root->ElementBytes(level));
        return IdNode.Allocate(host.Allocator, capacity, _root->ElementBytes(level), host.SnapshotNumber);
    }

    /// <summary>Has the tree own all nodes of a path, so that they can be changed.</summary>
    private void Own(IdStep* path)
    {
        for (var level = _root->Height - 1; level >= 0; level--)
        {
            if (_root->IsShared(path[level].Node)) Renew(path, level, path[level].Node->Capacity);
        }
    }

    /// <summary>Puts a copy of another capacity in a node's place; all above it is the tree's own.</summary>
    private void Renew(IdStep* path, int level, int capacity)
    {
        var at = level + 1 == _root->Height ? &_root->Top : &IdNode.Children(path[level + 1].Node)[path[level + 1].Index].Node;
        path[level].Node = Renew(path[level].Node, level, capacity, at);
    }

    private IdNode* Renew(IdNode* old, int level, int capacity, IdNode** at)
    {
        var node = NewNode(capacity, level);
        IdNode.Append(node, old, 0, _root->ElementBytes(level));
        Drop(old, level);
        return *at = node;
    }

    /// <summary>Gives a node up. One that a snapshot shares is from now on kept for that alone, and counts as its memory.</summary>
    private void Drop(IdNode* node, int level)
    {
        var bytes = IdNode.Bytes(node->Capacity, _root->ElementBytes(level));
        _root->NodesBytes -= bytes;
        if (!_root->IsShared(node))
        {
            host.Allocator.Free((byte*)node, bytes, Purpose.Collections);
            return;
        }
        node->MarkDropped();
        host.Allocator.Transfer(bytes, Purpose.Collections, Purpose.Snapshot);
    }

    // ---- the tree as a whole, in steps: each goes on at a position, which begins with the least ID

    /// <summary>Frees some leaves and what is above them; true when nothing is left. Nothing else may be done with the tree from the first step on.</summary>
    public bool FreeSome(ref StreamId position, int leavesMax)
    {
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        for (; _root->Top != null && leavesMax > 0; leavesMax--)
        {
            _root->Find(position, path);
            var ending = _root->LevelsEnding(path, out position);
            for (var level = 0; level < ending; level++) Drop(path[level].Node, level);
            if (ending == _root->Height) _root->Top = null;
        }
        return _root->Top == null;
    }

    /// <summary>Moves some leaves and what is above them out of sparse slabs, unless a snapshot holds them; true at the end of a round.</summary>
    public bool Defragment(ref StreamId position, int leavesMax, ref BlockMover mover)
    {
        if (_root->Top == null || _root->IsShared(_root->Top)) return true;
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        for (; leavesMax > 0; leavesMax--)
        {
            _root->Find(position, path);
            var at = &_root->Top;
            for (var level = _root->Height - 1; level >= 0 && !_root->IsShared(*at); level--)
            {
                var node = *at = (IdNode*)mover.Move((byte*)*at, IdNode.Bytes((*at)->Capacity, _root->ElementBytes(level)), Purpose.Collections);
                at = &IdNode.Children(node)[path[level].Index].Node;
                path[level].Node = node;
            }
            if (_root->LevelsEnding(path, out position) == _root->Height) return true;
        }
        return false;
    }

    /// <summary>Holds all nodes as they are for the snapshot of the present number. The copy of the root is what shows them.</summary>
    public IdTreeRoot Freeze()
    {
        _root->HeldBy = host.SnapshotNumber;
        return *_root;
    }

    /// <summary>
    /// The snapshot lets go of some leaves of a copy that <see cref="Freeze"/> made; true when all are gone. What became of the tree itself does not matter. Between calls only.
    /// </summary>
    public static bool ReleaseSome(IdTreeRoot* frozen, ref StreamId position, int leavesMax, BlockAllocator allocator)
    {
        var path = stackalloc IdStep[IdTreeRoot.HeightMax];
        for (; frozen->Top != null && leavesMax > 0; leavesMax--)
        {
            frozen->Find(position, path);
            var ending = frozen->LevelsEnding(path, out position);
            for (var level = 0; level < ending; level++)
            {
                var node = path[level].Node;
                if (node->IsDropped) allocator.Free((byte*)node, IdNode.Bytes(node->Capacity, frozen->ElementBytes(level)), Purpose.Snapshot);
                else node->MarkReleased(frozen->HeldBy);
            }
            if (ending == frozen->Height) frozen->Top = null;
        }
        return frozen->Top == null;
    }
}
