using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>A member of a sorted set and its score, as a leaf has them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ScoreSlot
{
    public double Score;

    /// <summary>A block of <see cref="Field"/>, which the table of members owns.</summary>
    public byte* Member;
}

/// <summary>A child of an inner node.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TreeChild
{
    /// <summary>The least member under the child.</summary>
    public ScoreSlot First;
    public TreeNode* Node;

    /// <summary>Members under the child.</summary>
    public long Members;
}

/// <summary>
/// A node of a <see cref="ScoreTree"/>, of either kind.
/// <code>
/// leaf:  | count 4 | spare 4 | score 8 | member 8 | … 63 times … | spare 8 |
/// inner: | count 4 | spare 4 | least score 8 | least member 8 | node 8 | members 8 | … 31 times … | spare 24 |
/// </code>
/// Leaves are level 0.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct TreeNode
{
    public const int Bytes = 1024, HeaderBytes = 8;

    public int Count;

    public static ScoreSlot* Slots(TreeNode* node) => (ScoreSlot*)((byte*)node + HeaderBytes);

    public static TreeChild* Children(TreeNode* node) => (TreeChild*)((byte*)node + HeaderBytes);

    /// <summary>Whatever an element of the level is, it begins with a member.</summary>
    public static byte* Element(TreeNode* node, int index, int level) => (byte*)node + HeaderBytes + index * ElementBytes(level);

    public static int ElementBytes(int level) => level == 0 ? sizeof(ScoreSlot) : sizeof(TreeChild);

    public static int Capacity(int level) => (Bytes - HeaderBytes) / ElementBytes(level);

    public static ScoreSlot First(TreeNode* node) => *Slots(node);

    /// <summary>What a parent says of a node of this level.</summary>
    public static TreeChild Summarize(TreeNode* node, int level)
    {
        long members = level == 0 ? node->Count : 0;
        for (var i = 0; level > 0 && i < node->Count; i++) members += Children(node)[i].Members;
        return new() { First = First(node), Node = node, Members = members };
    }

    /// <summary>Puts an element of the level into a node that has room.</summary>
    public static void Insert(TreeNode* node, int index, byte* element, int level)
    {
        Move(node, index, node, index + 1, node->Count - index, level);
        Buffer.MemoryCopy(element, Element(node, index, level), ElementBytes(level), ElementBytes(level));
        node->Count++;
    }

    public static void Remove(TreeNode* node, int index, int level)
    {
        node->Count--;
        Move(node, index + 1, node, index, node->Count - index, level);
    }

    /// <summary>Moves elements, within a node or to another; counts are the caller's.</summary>
    public static void Move(TreeNode* from, int index, TreeNode* to, int toIndex, int count, int level)
    {
        Check.That(index >= 0 && toIndex >= 0 && count >= 0 && toIndex + count <= Capacity(level));
        var bytes = count * ElementBytes(level);
        Buffer.MemoryCopy(Element(from, index, level), Element(to, toIndex, level), bytes, bytes);
    }
}

/// <summary>A way from the top of a tree: a node, and which of its elements the way goes through.</summary>
internal unsafe struct TreeStep
{
    public TreeNode* Node;
    public int Index;
}

/// <summary>The root of a <see cref="ScoreTree"/>, a native block.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct OrderRoot
{
    /// <summary>Null: there are no members.</summary>
    public TreeNode* Top;
    public long Count;
    public long Nodes;

    /// <summary>Where defragmentation goes on: a rank + 1; 0 while it is in the table of members.</summary>
    public long DefragmentationCursor;

    /// <summary>Levels.</summary>
    public int Height;
}
