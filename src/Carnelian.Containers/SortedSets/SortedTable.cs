using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Carnelian;

/// <summary>
/// A handle to a sorted set too large for a packed one: a table of its members, which are fields whose value is the score (8 bytes), and their order. A member's
/// block belongs to the table; the tree only refers to it.
/// </summary>
public readonly unsafe struct SortedTable
{
    private readonly FieldRoot* _root;
    private readonly TableHost _host;
    private readonly ScoreTree _order;

    internal SortedTable(byte* root, TableHost host)
    {
        _root = (FieldRoot*)root;
        _host = host;
        _order = new(_root->Order, host.Allocator);
    }

    internal static byte* Create(TableHost host)
    {
        var root = FieldTable.Create(host);
        ((FieldRoot*)root)->Order = ScoreTree.Create(host.Allocator);
        return root;
    }

    /// <summary>The members, to be found by their bytes. They are changed here only.</summary>
    public FieldTable Members => new((byte*)_root, _host);

    public long Count => _order.Count;

    public long MemoryBytes => Members.MemoryBytes + _order.MemoryBytes;

    public static double ScoreOf(FieldView member) => MemoryMarshal.Read<double>(member.Value);

    // ---- changing

    /// <summary>Adds a member that was not found.</summary>
    public void Add(scoped ref FieldHandle at, scoped ReadOnlySpan<byte> member, double score)
    {
        Check.That(!at.Exists);
        Span<byte> value = stackalloc byte[sizeof(double)];
        MemoryMarshal.Write(value, score);
        Members.Set(ref at, member, value);
        _order.Insert(score, at.View.Address);
    }

    /// <summary>Gives a member that was found another score.</summary>
    public void SetScore(scoped in FieldHandle at, double score)
    {
        var member = at.View;
        _order.Move(ScoreOf(member), member.Address, score);
        MemoryMarshal.Write(Field.Stored(member.Address), score);
    }

    public void Remove(scoped ref FieldHandle at)
    {
        var member = at.View;
        _order.Remove(ScoreOf(member), member.Address);
        Members.Remove(ref at);
    }

    /// <summary>As <see cref="Remove"/>, of the member of a rank, which need not be looked for in the order.</summary>
    public void RemoveAt(long rank, scoped ref FieldHandle at)
    {
        _order.RemoveAt(rank, at.View.Address);
        Members.Remove(ref at);
    }

    /// <summary>Adds the members of another sorted set to this one, which is empty.</summary>
    internal void AddAll(SortedTable other)
    {
        Members.Reserve(other.Count);
        for (var walk = other.From(0); walk.MoveNext();)
        {
            var at = Members.Find(walk.Current.Name, Members.Hash(walk.Current.Name));
            Add(ref at, walk.Current.Name, walk.Score);
        }
        Check.That(Count == other.Count);
    }

    // ---- the order

    /// <summary>How many members come before one that there is.</summary>
    public long RankOf(FieldView member) => _order.CountBefore(new MemberPlace(ScoreOf(member), member.Name, isBehind: false));

    /// <summary>How many members have a lower score, or this one.</summary>
    /// <param name="included">Those with this score too.</param>
    public long CountBelow(double score, bool included) => _order.CountBefore(new ScorePlace(score, included));

    /// <summary>How many members come before one, where all have the same score.</summary>
    /// <param name="included">This one too.</param>
    public long CountBelow(scoped ReadOnlySpan<byte> member, bool included) => _order.CountBefore(new NamePlace(member, included));

    /// <summary>The members from a rank on, upwards or downwards. Ends with the next change of the set.</summary>
    public SortedTableWalk From(long rank, bool backward = false) => new(_order, rank, backward);

    /// <summary>The member at a walk's place, until the set changes.</summary>
    public static FieldView MemberAt(nint place) => new((byte*)place);

    // ---- the whole

    /// <summary>Moves a part out of sparse slabs; true at the end of a round, which goes through the members first.</summary>
    internal bool Defragment(int bucketsMax, ref BlockMover mover)
    {
        ref var cursor = ref _root->Order->DefragmentationCursor;
        if (cursor == 0)
        {
            if (Members.Defragment(bucketsMax, ref mover)) cursor = 1;
            return false;
        }
        cursor--;
        var finished = _order.Defragment(ref cursor, ref mover);
        cursor = finished ? 0 : cursor + 1;
        return finished;
    }
}

/// <summary>Goes through the members of a sorted set in their order.</summary>
public unsafe ref struct SortedTableWalk
{
    /// <summary>So many members ahead the memory of one is asked for.</summary>
    private const int Ahead = 8;

    private readonly ScoreTree _order;
    private readonly bool _backward;
    private long _rank;
    private TreeNode* _leaf;
    private int _index;

    internal SortedTableWalk(ScoreTree order, long rank, bool backward)
    {
        _order = order;
        _rank = rank;
        _backward = backward;
    }

    public readonly FieldView Current => new(TreeNode.Slots(_leaf)[_index].Member);

    public readonly double Score => TreeNode.Slots(_leaf)[_index].Score;

    /// <summary>Where the member is.</summary>
    public readonly nint Place => (nint)TreeNode.Slots(_leaf)[_index].Member;

    public bool MoveNext()
    {
        if ((ulong)_rank >= (ulong)_order.Count) return false;
        var step = _backward ? -1 : 1;
        _index += step;
        if (_leaf == null || (uint)_index >= (uint)_leaf->Count) EnterLeaf(step);
        else Prefetch(_index + step * Ahead);
        _rank += step;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void EnterLeaf(int step)
    {
        _leaf = _order.LeafOf(_rank, out _index);
        for (var i = 1; i <= Ahead; i++) Prefetch(_index + step * i);
    }

    private readonly void Prefetch(int index)
    {
        if (Sse.IsSupported && (uint)index < (uint)_leaf->Count) Sse.Prefetch0(TreeNode.Slots(_leaf)[index].Member);
    }
}
