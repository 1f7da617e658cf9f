using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>Which scores a member gets (ZADD).</summary>
[Flags]
public enum ScoreConditions
{
    None = 0,

    /// <summary>The score is added to the present one.</summary>
    Increment = 1,
    IfMissing = 2,
    IfExists = 4,
    IfGreater = 8,
    IfLess = 16,
}

/// <summary>What came of giving a member a score.</summary>
public enum ScoreOutcome
{
    /// <summary>A condition is not met.</summary>
    Refused,

    /// <summary>The member has that score already.</summary>
    Same,
    Added,
    Updated,

    /// <summary>The sum would be no number; nothing was changed.</summary>
    NotANumber,
}

/// <summary>How the scores of one member in several sets become one.</summary>
public enum ScoreAggregate
{
    Sum,
    Min,
    Max,
}

/// <summary>
/// A key's sorted set while it is being changed: a packed list or a table, as Redis 8.0 keeps it (t_zset.c). The key is made with its first member. Who changes
/// something tells it with <see cref="Changed"/>, and at last calls <see cref="DeleteIfEmpty"/>. Continues the <see cref="KeyEdit"/> that it was made of.
/// </summary>
public ref struct SortedSetEdit
{
    /// <summary>Members of up to so many bytes are encoded on the stack.</summary>
    private const int StackBytesMax = 256;

    private readonly Keyspace _keyspace;
    private KeyEdit _edit;

    /// <summary>The set, if it is a table.</summary>
    private SortedTable _table;
    private bool _isTable;

    /// <summary>The snapshot has what it needs of the key, and may hold the table from there on.</summary>
    private bool _hasBegun;

    /// <summary>Members of the table as the key's sizes know them.</summary>
    private long _countKnown;

    /// <param name="edit">Of a sorted set, or of a key that does not exist.</param>
    public SortedSetEdit(KeyEdit edit)
    {
        _keyspace = edit.Keyspace;
        _edit = edit;
        if (!edit.Exists) return;
        Check.That(edit.View.Type == ValueType.SortedSet);
        if (edit.View.Encoding == ValueEncoding.SkipList) OpenTable();
    }

    private void OpenTable()
    {
        _isTable = true;
        _table = _edit.Database.Data.Sorted(_edit.View);
        _countKnown = _table.Count;
    }

    public readonly bool Exists => _edit.Exists;

    public readonly long Count => View.Count;

    /// <summary>The set as it is at present.</summary>
    public readonly SortedSetView View => new(_edit.Database.Data, Exists ? _edit.View : default);

    private readonly SortedSetLimit Limit => _keyspace.Host.SortedSetLimit;

    private readonly PackedScores Packed => Exists ? View.Packed : PackedScores.Empty;

    // ---- members

    /// <summary>Before members are added: a set that there is becomes a table if they are too many, a new one also if the first is too long.</summary>
    public void Expect(long members, int firstBytes)
    {
        if (!_isTable && (!Limit.AllowsCount(members) || !Exists && !Limit.AllowsText(firstBytes))) MakeTable(members);
    }

    /// <summary>Gives a member a score, if the conditions are met.</summary>
    /// <param name="score">No NaN. With <see cref="ScoreConditions.Increment"/> the sum.</param>
    public ScoreOutcome Set(scoped ReadOnlySpan<byte> member, ref double score, ScoreConditions conditions = ScoreConditions.None)
    {
        if (_isTable) return SetInTable(member, ref score, conditions);
        var packed = Packed;
        var at = packed.Find(member);
        if (!at.Exists)
        {
            if ((conditions & ScoreConditions.IfExists) != 0) return ScoreOutcome.Refused;
            if (!Limit.AllowsMore(packed, member.Length))
            {
                MakeTable(1);
                return SetInTable(member, ref score, conditions);
            }
            Insert(member, score);
            return ScoreOutcome.Added;
        }
        var outcome = Decide(PackedScores.ScoreOf(at.Value), ref score, conditions);
        if (outcome != ScoreOutcome.Updated) return outcome;
        if (packed.KeepsPlace(at, member, score))
        {
            _edit.Splice(packed.SetScore(at, score, new(stackalloc byte[PackedScores.OverheadMax])));
            return outcome;
        }
        _edit.Splice(packed.Remove(at));
        Insert(member, score);
        return outcome;
    }

    /// <summary>What becomes of a member that there is; the score becomes what it is to have.</summary>
    private static ScoreOutcome Decide(double present, ref double score, ScoreConditions conditions)
    {
        if ((conditions & ScoreConditions.IfMissing) != 0) return ScoreOutcome.Refused;
        var wanted = (conditions & ScoreConditions.Increment) != 0 ? present + score : score;
        if (double.IsNaN(wanted)) return ScoreOutcome.NotANumber;
        if ((conditions & ScoreConditions.IfLess) != 0 && wanted >= present || (conditions & ScoreConditions.IfGreater) != 0 && wanted <= present) return ScoreOutcome.Refused;
        score = wanted;
        return wanted == present ? ScoreOutcome.Same : ScoreOutcome.Updated;
    }

    /// <summary>Adds a member to a packed set that has room for it.</summary>
    private void Insert(scoped ReadOnlySpan<byte> member, double score)
    {
        var packed = Packed;
        var room = member.Length + PackedScores.OverheadMax;
        var splice = packed.Insert(member, score, new(room <= StackBytesMax ? stackalloc byte[StackBytesMax] : _keyspace.Allocator.Scratch(room)));
        if (Exists)
        {
            _edit.Splice(splice);
            return;
        }
        var length = packed.Bytes.Length + splice.LengthChange;
        var made = length <= StackBytesMax ? stackalloc byte[StackBytesMax] : _keyspace.Allocator.Scratch(length);
        splice.CopyTo(new(packed.Bytes), made);
        _edit.WritePacked(ValueType.SortedSet, ValueEncoding.ListPack, made[..length]);
    }

    private ScoreOutcome SetInTable(scoped ReadOnlySpan<byte> member, ref double score, ScoreConditions conditions)
    {
        var at = FindInTable(member);
        if (!at.Exists)
        {
            if ((conditions & ScoreConditions.IfExists) != 0) return ScoreOutcome.Refused;
            BeginChange(at.View);
            _table.Add(ref at, member, score);
            return ScoreOutcome.Added;
        }
        var outcome = Decide(SortedTable.ScoreOf(at.View), ref score, conditions);
        if (outcome != ScoreOutcome.Updated) return outcome;
        BeginChange(at.View);
        _table.SetScore(at, score);
        return outcome;
    }

    private readonly FieldHandle FindInTable(scoped ReadOnlySpan<byte> member)
    {
        _table.Members.Step();
        return _table.Members.Find(member, _table.Members.Hash(member));
    }

    /// <summary>Adds a member, or gives it another score. A result with a score of -0, which a packed set keeps as 0, is a table until it is stored.</summary>
    public void Add(scoped PackedElement member, double score)
    {
        if (!_isTable && IsNegativeZero(score)) MakeTable(1);
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        Set(member.Text(digits), ref score);
    }

    /// <summary>Adds a member, or joins a score with the one that it has.</summary>
    public void Join(scoped PackedElement member, double score, ScoreAggregate aggregate)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var text = member.Text(digits);
        if (View.TryScore(text, out var present))
        {
            score = Joined(present, score, aggregate);
            // Equal scores are not written over each other, and 0 equals -0.
            if (IsNegativeZero(present) && !double.IsNegative(score)) Remove(text);
        }
        Add(member, score);
    }

    private static bool IsNegativeZero(double score) => score == 0 && double.IsNegative(score);

    /// <summary>Infinity less infinity is 0 here.</summary>
    public static double Joined(double one, double other, ScoreAggregate aggregate)
    {
        if (aggregate == ScoreAggregate.Min) return other < one ? other : one;
        if (aggregate == ScoreAggregate.Max) return other > one ? other : one;
        var sum = one + other;
        return double.IsNaN(sum) ? 0 : sum;
    }

    /// <summary>True if the member was there.</summary>
    public bool Remove(scoped ReadOnlySpan<byte> member)
    {
        if (!Exists) return false;
        if (_isTable)
        {
            var inTable = FindInTable(member);
            if (!inTable.Exists) return false;
            RemoveFromTable(ref inTable);
            return true;
        }
        var packed = Packed;
        var at = packed.Find(member);
        if (at.Exists) _edit.Splice(packed.Remove(at));
        return at.Exists;
    }

    private void RemoveFromTable(scoped ref FieldHandle at)
    {
        BeginChange(at.View);
        _table.Remove(ref at);
    }

    /// <summary>Removes the members of some ranks.</summary>
    public void Remove(RankRange ranks)
    {
        if (ranks.Count == 0) return;
        if (!_isTable)
        {
            _edit.Splice(Packed.Remove((int)ranks.First, (int)ranks.Count));
            return;
        }
        for (var left = ranks.Count; left > 0; left--)
        {
            var at = FindInTable(MemberAt(ranks.First));
            BeginChange(at.View);
            _table.RemoveAt(ranks.First, ref at);
            // What comes next is likely to be removed next, by the next call too: it will be looked up in memory that is not at hand.
            if (_table.Count > 0) _table.Members.PrefetchBucket(_table.Members.Hash(MemberAt(Math.Min(ranks.First, _table.Count - 1))));
        }
    }

    private readonly ReadOnlySpan<byte> MemberAt(long rank)
    {
        var walk = _table.From(rank);
        Check.That(walk.MoveNext());
        return walk.Current.Name;
    }

    /// <summary>Before a change of the table. A snapshot that has not saved the member yet gets a copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeginChange(FieldView member)
    {
        if (!_hasBegun) _edit.BeginChange();
        _hasBegun = true;
        if (member.Exists) _keyspace.BeforeChange(_table.Members, member);
    }

    // ---- form

    /// <summary>Puts a table in a packed set's place, or creates the key with one. It never goes back.</summary>
    /// <param name="more">Members that are to come.</param>
    private void MakeTable(long more)
    {
        var packed = Packed;
        _edit.Replace(ValueType.SortedSet, ValueEncoding.SkipList);
        OpenTable();
        _hasBegun = true;
        _table.Members.Reserve(Math.Max(packed.Count + 1, more));
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        for (var walk = packed.From(0); walk.MoveNext();)
        {
            var score = walk.Score;
            SetInTable(walk.Member.Text(digits), ref score, ScoreConditions.None);
        }
        Settle();
    }

    /// <summary>Makes a packed set a table.</summary>
    public void Unpack()
    {
        if (Exists && !_isTable) MakeTable(0);
    }

    /// <summary>Has a set that there is not yet begin as a table of so many members.</summary>
    public void Unpack(long members) => MakeTable(members);

    /// <summary>Packs what a command has made as a table, if it has become small.</summary>
    public void PackIfSmall()
    {
        if (!_isTable || !Limit.AllowsCount(Count)) return;
        long textBytes = 0;
        for (var walk = _table.From(0); walk.MoveNext(); textBytes += walk.Current.Name.Length)
        {
            if (!Limit.AllowsText(walk.Current.Name.Length)) return;
        }
        if (!Limit.AllowsWhole(Count, textBytes)) return;
        var room = (int)(textBytes + Count * PackedScores.OverheadMax);
        var writer = new PackedWriter(_keyspace.Allocator.Scratch(room));
        for (var walk = _table.From(0); walk.MoveNext();) PackedScores.Append(ref writer, walk.Current.Name, walk.Score);
        var made = _keyspace.Allocator.Scratch(PackedList.Empty.Bytes.Length + room);
        var splice = PackedList.Empty.Replace(0, 0, writer);
        _edit.WritePacked(ValueType.SortedSet, ValueEncoding.ListPack, made[..splice.CopyTo(PackedList.Empty, made)]);
        _isTable = false;
    }

    // ---- the end of a change

    /// <summary>Counts changes, touches the key and raises an event.</summary>
    /// <param name="changes">What <see cref="Keyspace.Dirty"/> grows by.</param>
    public void Changed(long changes, KeyspaceEvent? happened)
    {
        Settle();
        _edit.Changed(changes, happened);
    }

    /// <summary>Has the key know how many members there are.</summary>
    public void Settle()
    {
        if (Exists && _isTable && _table.Count != _countKnown) _countKnown = _edit.Recount(_countKnown);
    }

    /// <summary>Gives the set, one of <see cref="Keyspace.NewSortedSet"/>, to a key, in place of what that has, and tells it.</summary>
    /// <param name="changes">What <see cref="Keyspace.Dirty"/> grows by.</param>
    public void GiveTo(scoped ref KeyEdit key, KeyspaceEvent happened, long changes = 1)
    {
        Settle();
        key.Take(ref _edit, EntryView.NoExpiry);
        key.Changed(changes, happened);
    }

    /// <summary>Frees the set, one of <see cref="Keyspace.NewSortedSet"/>.</summary>
    public void Discard()
    {
        if (Exists) _edit.Destroy();
    }

    /// <summary>Deletes the key if no member is left. True if so.</summary>
    public bool DeleteIfEmpty()
    {
        if (!Exists || Count > 0) return false;
        _edit.DeleteEmpty();
        _isTable = _hasBegun = false;
        return true;
    }
}
