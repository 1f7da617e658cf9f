using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// The root of an <see cref="IdTree"/>, which lies in that of its owner. A tree without IDs takes no other memory.
/// <code>| top 8 | count 8 | bytes 8 | held by 4 | value's bytes 1 | height 1 | spare 2 |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct IdTreeRoot
{
    public const int Bytes = 32;

    /// <summary>Two neighbours have together more than three quarters of what fits into one, so that so many levels take more IDs than there is memory for.</summary>
    public const int HeightMax = 12;

    /// <summary>Null: there are no IDs.</summary>
    public IdNode* Top;
    public long Count;

    /// <summary>Of the nodes' blocks, but for those that were dropped.</summary>
    public long NodesBytes;

    /// <summary>
    /// Number of the last snapshot that shared nodes which were made before it. It stays when that has let go: until then it has renewed the nodes' numbers.
    /// </summary>
    public uint HeldBy;
    private readonly byte _valueBytes;
    private byte _height;

    /// <param name="valueBytes">Of what stands with each ID.</param>
    public IdTreeRoot(int valueBytes)
    {
        Check.That(sizeof(IdTreeRoot) == Bytes && sizeof(IdNode) == IdNode.HeaderBytes && sizeof(IdChild) == IdChild.Bytes && sizeof(StreamId) == StreamId.Bytes);
        Check.That(valueBytes % sizeof(ulong) == 0);
        _valueBytes = checked((byte)valueBytes);
    }

    /// <summary>After all was freed: the tree is as new.</summary>
    public void Clear() => this = new(_valueBytes) { HeldBy = HeldBy };

    /// <summary>Levels.</summary>
    public int Height
    {
        readonly get => _height;
        set => _height = (byte)value;
    }

    public readonly int ElementBytes(int level) => level == 0 ? StreamId.Bytes + _valueBytes : IdChild.Bytes;

    public readonly bool IsShared(IdNode* node) => node->Born < HeldBy;

    /// <summary>The way to an ID's place, the leaf's step first; there are leaves. True if the ID is there.</summary>
    public readonly bool Find(StreamId id, IdStep* path)
    {
        var node = Top;
        for (var level = Height - 1; level > 0; level--)
        {
            path[level] = new() { Node = node, Index = Math.Max(IdNode.CountUpTo(node, id, IdChild.Bytes) - 1, 0) };
            node = IdNode.Children(node)[path[level].Index].Node;
        }
        var upTo = IdNode.CountUpTo(node, id, ElementBytes(0));
        var isThere = upTo > 0 && IdNode.Id(node, upTo - 1, ElementBytes(0)) == id;
        path[0] = new() { Node = node, Index = isThere ? upTo - 1 : upTo };
        return isThere;
    }

    /// <summary>
    /// Where the leaf behind that of a path begins, so that this finds it: <see cref="StreamId.Max"/> if there is none. The levels that end with the path's leaf are counted.
    /// </summary>
    public readonly int LevelsEnding(IdStep* path, out StreamId next)
    {
        var level = 1;
        while (level < Height && path[level].Index + 1 == path[level].Node->Count) level++;
        next = level < Height ? IdNode.Children(path[level].Node)[path[level].Index + 1].From : StreamId.Max;
        return level;
    }
}
