using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A stream as it was when a snapshot came upon it. Its nodes and the tree that finds them do not change until they are released, so that another thread may read them.</summary>
public readonly unsafe struct FrozenStream : IStreamParts
{
    /// <summary>What it costs to free a node, in nodes that are only let go, as <see cref="FrozenList"/> has it.</summary>
    private const int FreeCost = 64;

    /// <summary>A leaf of the tree is let go for so many nodes.</summary>
    private const int LeafCost = 32;

    private readonly Root* _block;

    internal FrozenStream(byte* block) => _block = (Root*)block;

    internal static FrozenStream Of(StreamRoot* root, IdTreeRoot nodes, byte* groups, BlockAllocator allocator)
    {
        var block = (Root*)allocator.Allocate(sizeof(Root), Purpose.Snapshot);
        *block = new() { Origin = root, Copy = *root, Nodes = nodes, Groups = groups };
        return new((byte*)block);
    }

    internal byte* Block => (byte*)_block;

    public long Length => _block->Copy.Length;

    /// <inheritdoc cref="NodeStream.LastId"/>
    public StreamId LastId => _block->Copy.LastId;

    /// <inheritdoc cref="NodeStream.FirstId"/>
    public StreamId FirstId => _block->Copy.FirstId;

    /// <inheritdoc cref="NodeStream.MaxDeletedId"/>
    public StreamId MaxDeletedId => _block->Copy.MaxDeletedId;

    /// <inheritdoc cref="NodeStream.EntriesAdded"/>
    public long EntriesAdded => _block->Copy.EntriesAdded;

    public long NodeCount => _block->Nodes.Count;

    public int GroupCount => StreamGroups.CountOf(_block->Groups);

    /// <summary>In the order of names.</summary>
    public ConsumerGroup GroupAt(int i) => StreamGroups.Frozen(_block->Groups, i);

    public StreamEntries Entries => new(&_block->Nodes, StreamId.Min, StreamId.Max, backward: false);

    /// <summary>The nodes in order: each is its master ID and its packed entries, as they stand in RDB files.</summary>
    public StreamNodes Nodes => new(IdCursor.First(&_block->Nodes));

    /// <summary>
    /// Lets some nodes go, fewer if they must be freed, then the tree and the groups, and at last the stream itself. True when all are gone. Called on the command thread and between calls only.
    /// </summary>
    public bool ReleaseSome(int nodesMax, TableHost host)
    {
        if (!_block->NodesAreReleased)
        {
            var at = IdCursor.Ceiling(&_block->Nodes, _block->Position);
            while (at.IsValid)
            {
                if (nodesMax <= 0)
                {
                    _block->Position = at.Id;
                    return false;
                }
                var node = NodeStream.NodeAt(at);
                var isDropped = StreamNode.At(node)->IsDropped;
                if (isDropped) host.Allocator.Free(node, StreamNode.Capacity(node), Purpose.Snapshot);
                else StreamNode.At(node)->MarkReleased(_block->Nodes.HeldBy);
                nodesMax -= isDropped ? FreeCost : 1;
                at.MoveNext();
            }
            _block->NodesAreReleased = true;
            _block->Position = default;
        }
        if (!IdTree.ReleaseSome(&_block->Nodes, ref _block->Position, Math.Max(1, nodesMax / LeafCost), host.Allocator)) return false;
        if (_block->Groups != null)
        {
            if (StreamGroups.ReleaseSome(_block->Groups, host)) _block->Groups = null;
            return false;
        }
        var root = _block->Origin;
        host.Allocator.Free((byte*)_block, sizeof(Root), Purpose.Snapshot);
        if (root->Hold.Release()) host.FreeLater((byte*)root, CollectionKinds.Rooted(ValueType.Stream, ValueEncoding.Stream));
        return true;
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Root
    {
        public StreamRoot* Origin;

        /// <summary>What the root was; its nodes may be others since.</summary>
        public StreamRoot Copy;
        public IdTreeRoot Nodes;

        /// <summary>A copy of the groups, see <see cref="StreamGroups.Freeze"/>.</summary>
        public byte* Groups;

        /// <summary>Where releasing goes on.</summary>
        public StreamId Position;
        public bool NodesAreReleased;
    }
}
