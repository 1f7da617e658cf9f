namespace Carnelian;

/// <summary>
/// The members of one set that all of some other sets have, or that none of them has. They are tested a portion at a time: a packed set's at once, of a table
/// those of some buckets. Each is hashed once for all tables, and what is looked up is prefetched for all of the portion before.
/// </summary>
public ref struct SetSelection
{
    private readonly Dataset _data;
    private readonly EntryList _sets;
    private readonly FieldList _found;
    private readonly bool _isWanted;

    /// <summary>Whose members are tested, and against which sets: from one on to before another.</summary>
    private readonly int _tested, _first, _end;
    private readonly SetView _set;

    /// <summary>Of the members of a portion: whether they have passed all tests so far, and their hashes, once a table asks for them.</summary>
    private readonly Span<byte> _passed;
    private readonly Span<ulong> _hashes;
    private bool _isHashed;

    private ulong _cursor;
    private bool _isOver;

    /// <summary>The members of the first set that all others have, or that none has; among the others there may be missing keys.</summary>
    /// <param name="isWanted">Whether the others are to have the members, or not to have them.</param>
    /// <param name="found">Is to have the selected members of a table.</param>
    public SetSelection(Database database, EntryList sets, bool isWanted, FieldList found) : this(database, sets, isWanted, found, 0, 1, sets.Count)
    {
    }

    /// <summary>The members of one set that none of the first ones has. What the list has already stays in it and counts.</summary>
    public static SetSelection MembersInNone(Database database, EntryList sets, int tested, int others, FieldList found) =>
        new(database, sets, isWanted: false, found, tested, 0, others);

    private SetSelection(Database database, EntryList sets, bool isWanted, FieldList found, int tested, int first, int end)
    {
        _data = database.Data;
        _sets = sets;
        _isWanted = isWanted;
        _found = found;
        (_tested, _first, _end) = (tested, first, end);
        _set = new(_data, sets[tested]);
        _isOver = _set.Count == 0;
        var portion = _set.IsTable ? SetView.BatchMax : (int)_set.Count;
        var allocator = database.Keyspace.Allocator;
        _passed = allocator.Scratch(portion);
        _hashes = allocator.Scratch<ulong>(portion);
    }

    /// <summary>Selected members.</summary>
    public long Count { get; private set; }

    /// <summary>Tests the next portion; false when all members were tested.</summary>
    public bool Next()
    {
        if (_isOver) return false;
        if (!_set.IsTable)
        {
            _isOver = true;
            Count = Test(0, (int)_set.Count);
            return true;
        }
        var (from, kept) = (_found.Count, _found.Count);
        _cursor = _set.ScanSome(_cursor, _found);
        _isOver = _cursor == 0;
        for (; from < _found.Count; from += SetView.BatchMax)
        {
            var count = Math.Min(SetView.BatchMax, _found.Count - from);
            if (Test(from, count) == 0) continue;
            for (var i = 0; i < count; i++)
            {
                if (_passed[i] != 0) _found.Keep(from + i, kept++);
            }
        }
        _found.Truncate(kept);
        Count = kept;
        return true;
    }

    /// <summary>Forgets the members that were selected so far.</summary>
    public void Drop()
    {
        Count = 0;
        if (_set.IsTable) _found.Clear();
    }

    /// <summary>Tests members, of a table those from a place in the list on. Returns how many have passed.</summary>
    private int Test(int from, int count)
    {
        _passed[..count].Fill(1);
        _isHashed = false;
        var left = count;
        for (var i = _first; i < _end && left > 0; i++)
        {
            if (!_sets[i].Exists || (_isWanted && _sets[i].Key.SequenceEqual(_sets[_tested].Key))) continue;
            left -= TestAgainst(new(_data, _sets[i]), from, count);
        }
        return left;
    }

    /// <summary>Returns how many fail.</summary>
    private int TestAgainst(SetView other, int from, int count)
    {
        if (_set.IsIntegers && other.IsIntegers) return TestAgainstIntegers(other.Integers);
        if (other.IsTable)
        {
            if (!_isHashed) Hash(other.Table, from, count);
            other.Table.Prefetch(_hashes[..count]);
            if (_set.IsTable) return TestAgainstTable(other.Table, from, count);
        }
        var failed = 0;
        if (_set.IsTable)
        {
            for (var i = 0; i < count; i++) failed += Fails(other, PackedElement.OfText(_found[from + i].Name), i);
            return failed;
        }
        var walk = _set.Walk(null);
        for (var i = 0; walk.MoveNext(); i++) failed += Fails(other, walk.Current, i);
        return failed;
    }

    /// <summary>Members of a table, whose hashes are known.</summary>
    private int TestAgainstTable(FieldTable other, int from, int count)
    {
        var failed = 0;
        for (var i = 0; i < count; i++)
        {
            if (_passed[i] == 0 || other.Find(_found[from + i].Name, _hashes[i]).Exists == _isWanted) continue;
            _passed[i] = 0;
            failed++;
        }
        return failed;
    }

    /// <summary>Of integers: side by side.</summary>
    private int TestAgainstIntegers(IntegerSet other)
    {
        var integers = _set.Integers;
        var failed = 0;
        for (int i = 0, place = 0; i < integers.Count; i++)
        {
            if (_passed[i] == 0) continue;
            place = other.Seek(place, integers[i]);
            if ((place < other.Count && other[place] == integers[i]) == _isWanted) continue;
            _passed[i] = 0;
            failed++;
        }
        return failed;
    }

    private int Fails(in SetView other, scoped PackedElement member, int i)
    {
        if (_passed[i] == 0 || other.Contains(member, _hashes[i]) == _isWanted) return 0;
        _passed[i] = 0;
        return 1;
    }

    private void Hash(FieldTable table, int from, int count)
    {
        _isHashed = true;
        if (_set.IsTable)
        {
            for (var i = 0; i < count; i++) _hashes[i] = table.Hash(_found[from + i].Name);
            return;
        }
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        var walk = _set.Walk(null);
        for (var i = 0; walk.MoveNext(); i++) _hashes[i] = table.Hash(walk.Current.Text(digits));
    }

    /// <summary>Goes through the selected members.</summary>
    public readonly SelectedMembers Members => new(_set, _set.IsTable ? _found : null, _passed, (int)Count);
}

/// <summary>Goes through the members that a <see cref="SetSelection"/> has found, in the order that they have in their set.</summary>
public ref struct SelectedMembers
{
    private readonly FieldList? _found;
    private readonly ReadOnlySpan<byte> _passed;
    private SetWalk _walk;
    private int _next, _left;

    internal SelectedMembers(SetView set, FieldList? found, ReadOnlySpan<byte> passed, int count)
    {
        _found = found;
        _passed = passed;
        _left = count;
        if (found is null) _walk = set.Walk(null);
    }

    public PackedElement Current { get; private set; }

    public bool MoveNext()
    {
        if (_left == 0) return false;
        _left--;
        if (_found is not null)
        {
            Current = PackedElement.OfText(_found[_next++].Name);
            return true;
        }
        do Check.That(_walk.MoveNext());
        while (_passed[_next++] == 0);
        Current = _walk.Current;
        return true;
    }
}
