namespace Carnelian;

/// <summary>
/// A handle to the order of a sorted set: a B+ tree with order statistics (Comer, "The Ubiquitous B-Tree", 1979; counts as in Knuth 6.2.3) of members by score, then
/// by their bytes, as memcmp has them. Members' blocks belong to somebody else. Leaves are not linked: who walks finds the next one by its rank.
/// </summary>
internal readonly unsafe struct ScoreTree(OrderRoot* root, BlockAllocator allocator)
{
    /// <summary>Two neighbours have together more than three quarters of what fits into one, so that half of these levels take more members than there is memory for.</summary>
    private const int HeightMax = 20;

    private const int NodesPerStep = 16;

    private readonly OrderRoot* _root = root;

    public static OrderRoot* Create(BlockAllocator allocator)
    {
        // Pins what is drawn there.
        Check.That(sizeof(TreeNode) == TreeNode.Bytes && TreeNode.Capacity(0) == 63 && TreeNode.Capacity(1) == 31);
        return (OrderRoot*)allocator.AllocateZeroed(sizeof(OrderRoot), Purpose.Collections);
    }

    public long Count => _root->Count;

    public long MemoryBytes => BlockAllocator.UsableSize(sizeof(OrderRoot)) + _root->Nodes * BlockAllocator.UsableSize(TreeNode.Bytes);

    // ---- reading

    /// <summary>How many members stand before a place.</summary>
    public long CountBefore<TBound>(TBound bound) where TBound : struct, IOrderBound, allows ref struct
    {
        if (_root->Top == null) return 0;
        long before = 0;
        var node = _root->Top;
        for (var level = _root->Height - 1; level > 0; level--)
        {
            var index = ChildOf(node, bound);
            for (var i = 0; i < index; i++) before += TreeNode.Children(node)[i].Members;
            node = TreeNode.Children(node)[index].Node;
        }
        return before + SlotsBefore(node, bound);
    }

    /// <summary>The leaf that has the member of a rank, and which of its slots that is.</summary>
    public TreeNode* LeafOf(long rank, out int index)
    {
        var path = stackalloc TreeStep[HeightMax];
        Find(rank, path);
        index = path->Index;
        return path->Node;
    }

    /// <summary>The way to the member of a rank, the leaf's step first.</summary>
    private void Find(long rank, TreeStep* path)
    {
        Check.That((ulong)rank < (ulong)_root->Count);
        var node = _root->Top;
        for (var level = _root->Height - 1; level > 0; level--)
        {
            path[level] = new() { Node = node, Index = ChildOf(node, ref rank) };
            node = TreeNode.Children(node)[path[level].Index].Node;
        }
        *path = new() { Node = node, Index = (int)rank };
    }

    /// <summary>The child that has a rank, which is then counted from its beginning on.</summary>
    private static int ChildOf(TreeNode* node, ref long rank)
    {
        var children = TreeNode.Children(node);
        var i = 0;
        for (; rank >= children[i].Members; i++) rank -= children[i].Members;
        return i;
    }

    /// <summary>The last child that begins before a place; the first one, if none does.</summary>
    private static int ChildOf<TBound>(TreeNode* node, TBound bound) where TBound : struct, IOrderBound, allows ref struct
    {
        var children = TreeNode.Children(node);
        int from = 1, end = node->Count;
        while (from < end)
        {
            var middle = (from + end) >>> 1;
            if (bound.IsBehind(children[middle].First)) from = middle + 1;
            else end = middle;
        }
        return from - 1;
    }

    private static int SlotsBefore<TBound>(TreeNode* leaf, TBound bound) where TBound : struct, IOrderBound, allows ref struct
    {
        var slots = TreeNode.Slots(leaf);
        int from = 0, end = leaf->Count;
        while (from < end)
        {
            var middle = (from + end) >>> 1;
            if (bound.IsBehind(slots[middle])) from = middle + 1;
            else end = middle;
        }
        return from;
    }

    // ---- changing

    /// <summary>The way to a member's place, the leaf's step first. True if the slot there is the member's.</summary>
    private bool Find(double score, byte* member, TreeStep* path)
    {
        var name = Field.Name(member);
        var node = _root->Top;
        for (var level = _root->Height - 1; level > 0; level--)
        {
            // What is the least under a child is in it, not in front of it.
            path[level] = new() { Node = node, Index = ChildOf(node, new MemberPlace(score, name, isBehind: true)) };
            node = TreeNode.Children(node)[path[level].Index].Node;
        }
        var index = SlotsBefore(node, new MemberPlace(score, name, isBehind: false));
        path[0] = new() { Node = node, Index = index };
        return index < node->Count && TreeNode.Slots(node)[index].Member == member;
    }

    /// <summary>Adds a member that is not there.</summary>
    public void Insert(double score, byte* member)
    {
        if (_root->Top == null)
        {
            _root->Top = NewNode();
            _root->Height = 1;
        }
        var path = stackalloc TreeStep[HeightMax];
        Check.That(!Find(score, member, path));
        var slot = new ScoreSlot { Score = score, Member = member };
        Add(path, (byte*)&slot);
        _root->Count++;
    }

    /// <summary>Puts a slot where the path ends. What is split passes an element on to the level above.</summary>
    private void Add(TreeStep* path, byte* element)
    {
        var isLast = IsLast(path);
        TreeChild right;
        var isAtEdge = path[0].Index == 0 || isLast && path[0].Index == path[0].Node->Count;
        if (!isAtEdge && path[0].Node->Count == TreeNode.Capacity(0) && _root->Height > 1) Share(path);
        for (var level = 0; ; level++)
        {
            var node = path[level].Node;
            var index = path[level].Index;
            if (node->Count < TreeNode.Capacity(level))
            {
                TreeNode.Insert(node, index, element, level);
                Renew(path, level + 1, 1);
                return;
            }
            right = Split(node, index, element, level, isLast && index == node->Count);
            element = (byte*)&right;
            if (level + 1 == _root->Height)
            {
                AddLevel(TreeNode.Summarize(node, level), right);
                return;
            }
            TreeNode.Children(path[level + 1].Node)[path[level + 1].Index] = TreeNode.Summarize(node, level);
            path[level + 1].Index++;
        }
    }

    /// <summary>Gives some of a full leaf's slots to a neighbour that has much room, so that leaves are fuller than splitting alone would leave them.</summary>
    private static void Share(TreeStep* path)
    {
        var parent = path[1].Node;
        var place = path[1].Index;
        var node = path[0].Node;
        if (place + 1 < parent->Count && RoomIn(parent, place + 1) is > 0 and var toRight)
        {
            var right = TreeNode.Children(parent)[place + 1].Node;
            TreeNode.Move(right, 0, right, toRight, right->Count, 0);
            TreeNode.Move(node, node->Count - toRight, right, 0, toRight, 0);
            node->Count -= toRight;
            right->Count += toRight;
            Summarize(parent, place);
            if (path[0].Index <= node->Count) return;
            path[1].Index++;
            path[0] = new() { Node = right, Index = path[0].Index - node->Count };
        }
        else if (place > 0 && RoomIn(parent, place - 1) is > 0 and var toLeft)
        {
            var left = TreeNode.Children(parent)[place - 1].Node;
            TreeNode.Move(node, 0, left, left->Count, toLeft, 0);
            TreeNode.Move(node, toLeft, node, 0, node->Count - toLeft, 0);
            node->Count -= toLeft;
            left->Count += toLeft;
            Summarize(parent, place - 1);
            path[0].Index -= toLeft;
            if (path[0].Index > 0) return;
            path[1].Index--;
            path[0] = new() { Node = left, Index = left->Count + path[0].Index };
        }
    }

    /// <summary>How many slots a leaf can take from a full neighbour, so that both have room then; 0: it is not worth while.</summary>
    private static int RoomIn(TreeNode* parent, int index)
    {
        var room = TreeNode.Capacity(0) - TreeNode.Children(parent)[index].Node->Count;
        return room >= TreeNode.Capacity(0) / 8 ? (room + 1) / 2 : 0;
    }

    /// <summary>Has the parent know what two neighbouring leaves have.</summary>
    private static void Summarize(TreeNode* parent, int index)
    {
        var children = TreeNode.Children(parent);
        children[index] = TreeNode.Summarize(children[index].Node, 0);
        children[index + 1] = TreeNode.Summarize(children[index + 1].Node, 0);
    }

    /// <summary>The path goes through the last child everywhere.</summary>
    private bool IsLast(TreeStep* path)
    {
        for (var level = 1; level < _root->Height; level++)
        {
            if (path[level].Index + 1 < path[level].Node->Count) return false;
        }
        return true;
    }

    /// <summary>
    /// Adds an element to a full node and gives it a new neighbour on its right. What grows at an end, as most that is ordered by time does, leaves full nodes
    /// behind.
    /// </summary>
    private TreeChild Split(TreeNode* node, int index, byte* element, int level, bool atEnd)
    {
        var kept = atEnd ? node->Count : index == 0 ? 0 : node->Count / 2;
        var right = NewNode();
        right->Count = node->Count - kept;
        TreeNode.Move(node, kept, right, 0, right->Count, level);
        node->Count = kept;
        if (index <= kept && !atEnd) TreeNode.Insert(node, index, element, level);
        else TreeNode.Insert(right, index - kept, element, level);
        return TreeNode.Summarize(right, level);
    }

    private void AddLevel(TreeChild left, TreeChild right)
    {
        Check.That(_root->Height < HeightMax);
        var top = NewNode();
        top->Count = 2;
        TreeNode.Children(top)[0] = left;
        TreeNode.Children(top)[1] = right;
        _root->Top = top;
        _root->Height++;
    }

    /// <summary>Has all above a level know what has changed on it.</summary>
    private void Renew(TreeStep* path, int level, long more)
    {
        for (; level < _root->Height; level++)
        {
            var child = TreeNode.Children(path[level].Node) + path[level].Index;
            child->Members += more;
            child->First = TreeNode.First(child->Node);
        }
    }

    /// <summary>Removes a member that is there.</summary>
    public void Remove(double score, byte* member)
    {
        var path = stackalloc TreeStep[HeightMax];
        Check.That(Find(score, member, path));
        Remove(path);
    }

    /// <summary>Removes a member that has a rank.</summary>
    public void RemoveAt(long rank, byte* member)
    {
        var path = stackalloc TreeStep[HeightMax];
        Find(rank, path);
        Check.That(TreeNode.Slots(path->Node)[path->Index].Member == member);
        Remove(path);
    }

    private void Remove(TreeStep* path)
    {
        _root->Count--;
        var level = 0;
        TreeNode.Remove(path[0].Node, path[0].Index, 0);
        for (; path[level].Node->Count == 0; level++)
        {
            FreeNode(path[level].Node);
            if (level + 1 == _root->Height)
            {
                _root->Top = null;
                _root->Height = 0;
                return;
            }
            TreeNode.Remove(path[level + 1].Node, path[level + 1].Index, level + 1);
        }
        Renew(path, level + 1, -1);
        for (; level + 1 < _root->Height; level++) Merge(path, level);
        while (_root->Height > 1 && _root->Top->Count == 1)
        {
            var top = _root->Top;
            _root->Top = TreeNode.Children(top)->Node;
            _root->Height--;
            FreeNode(top);
        }
    }

    /// <summary>Makes one of a node and a neighbour that have little between them.</summary>
    private void Merge(TreeStep* path, int level)
    {
        var parent = path[level + 1].Node;
        var index = path[level + 1].Index;
        if (path[level].Node->Count > TreeNode.Capacity(level) / 2) return;
        if (index + 1 < parent->Count && TryMerge(parent, index, level)) return;
        if (index > 0 && TryMerge(parent, index - 1, level)) path[level + 1].Index--;
    }

    private bool TryMerge(TreeNode* parent, int index, int level)
    {
        var left = TreeNode.Children(parent) + index;
        var node = left->Node;
        var right = left[1].Node;
        if (node->Count + right->Count > TreeNode.Capacity(level) * 3 / 4) return false;
        TreeNode.Move(right, 0, node, node->Count, right->Count, level);
        node->Count += right->Count;
        left->Members += left[1].Members;
        TreeNode.Remove(parent, index + 1, level + 1);
        FreeNode(right);
        return true;
    }

    /// <summary>Gives a member another score. Where its neighbours stay the same, nothing moves.</summary>
    public void Move(double score, byte* member, double newScore)
    {
        var path = stackalloc TreeStep[HeightMax];
        Check.That(Find(score, member, path));
        var slots = TreeNode.Slots(path[0].Node);
        var (index, count) = (path[0].Index, path[0].Node->Count);
        var place = new MemberPlace(newScore, Field.Name(member), isBehind: false);
        if (index > 0 && index + 1 < count && place.IsBehind(slots[index - 1]) && !place.IsBehind(slots[index + 1]))
        {
            slots[index].Score = newScore;
            return;
        }
        Remove(path);
        Insert(newScore, member);
    }

    /// <summary>A member's block has a copy, which is in its place from now on. The block itself is still as it was.</summary>
    public void Relocate(byte* member, byte* copy)
    {
        var path = stackalloc TreeStep[HeightMax];
        Check.That(Find(SortedTable.ScoreOf(new FieldView(member)), member, path));
        TreeNode.Slots(path[0].Node)[path[0].Index].Member = copy;
        if (path[0].Index == 0) Renew(path, 1, 0);
    }

    // ---- nodes

    private TreeNode* NewNode()
    {
        _root->Nodes++;
        var node = (TreeNode*)allocator.Allocate(TreeNode.Bytes, Purpose.Collections);
        node->Count = 0;
        return node;
    }

    private void FreeNode(TreeNode* node)
    {
        _root->Nodes--;
        allocator.Free((byte*)node, TreeNode.Bytes, Purpose.Collections);
    }

    /// <summary>Frees some leaves from the end on, at last the root; true when nothing is left. Nothing else may be done with the tree in between.</summary>
    public bool FreeSome()
    {
        var path = stackalloc TreeStep[HeightMax];
        for (var left = NodesPerStep; left > 0 && _root->Height > 0; left--)
        {
            var node = _root->Top;
            for (var level = _root->Height - 1; level > 0; level--)
            {
                path[level].Node = node;
                node = TreeNode.Children(node)[node->Count - 1].Node;
            }
            FreeNode(node);
            var above = 1;
            for (; above < _root->Height && --path[above].Node->Count == 0; above++) FreeNode(path[above].Node);
            if (above == _root->Height) _root->Height = 0;
        }
        if (_root->Height > 0) return false;
        Check.That(_root->Nodes == 0);
        allocator.Free((byte*)_root, sizeof(OrderRoot), Purpose.Collections);
        return true;
    }

    /// <summary>Moves some nodes out of sparse slabs; true at the end of a round.</summary>
    public bool Defragment(ref long rank, ref BlockMover mover)
    {
        for (var left = NodesPerStep; left > 0 && rank < _root->Count; left--)
        {
            var inNode = rank;
            var at = &_root->Top;
            for (var level = _root->Height - 1; ; level--)
            {
                var node = *at = (TreeNode*)mover.Move((byte*)*at, TreeNode.Bytes, Purpose.Collections);
                if (level == 0) break;
                at = &TreeNode.Children(node)[ChildOf(node, ref inNode)].Node;
            }
            rank += (*at)->Count - inNode;
        }
        return rank >= _root->Count;
    }
}
