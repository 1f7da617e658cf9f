namespace Carnelian;

/// <summary>A key's set for reading, whichever way it is kept, or none. It and its members live until the set is edited.</summary>
public readonly ref struct SetView : IFieldScan
{
    private const int MembersPerLook = 16;

    private readonly IntegerSet _integers;
    private readonly PackedList _packed;

    /// <param name="entry">Of these data: a set, or nothing.</param>
    public SetView(Dataset data, EntryView entry)
    {
        Exists = entry.Exists;
        if (!Exists) return;
        Check.That(entry.Type == ValueType.Set);
        Encoding = entry.Encoding;
        if (Encoding == ValueEncoding.HashTable) Table = data.Fields(entry);
        else if (Encoding == ValueEncoding.IntSet) _integers = new(entry.Value);
        else _packed = new(entry.Value);
    }

    public bool Exists { get; }

    /// <summary>Of a set that exists.</summary>
    public ValueEncoding Encoding { get; }

    public bool IsTable => Exists && Encoding == ValueEncoding.HashTable;

    internal bool IsIntegers => Exists && Encoding == ValueEncoding.IntSet;

    internal FieldTable Table { get; }

    internal IntegerSet Integers => _integers;

    internal PackedList Packed => _packed;

    public long Count => !Exists ? 0 : IsTable ? Table.Count : IsIntegers ? _integers.Count : _packed.Count;

    public bool Contains(scoped ReadOnlySpan<byte> member)
    {
        if (!Exists) return false;
        if (!IsTable) return IndexOf(PackedElement.Of(member)) >= 0;
        return IsInTable(member, Table.Hash(member));
    }

    private bool IsInTable(scoped ReadOnlySpan<byte> member, ulong hash)
    {
        Table.Step();
        return Table.Find(member, hash).Exists;
    }

    public bool Contains(scoped PackedElement member)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        return member.IsInteger && !IsTable && Exists ? IndexOf(member) >= 0 : Contains(member.Text(digits));
    }

    /// <summary>Members of a table are looked up so many at a time.</summary>
    public const int BatchMax = 32;

    /// <summary>Whether arguments from one on are members: as many as there is room for, up to <see cref="BatchMax"/>.</summary>
    public void Contain(scoped in Arguments members, int first, scoped Span<bool> results)
    {
        Span<ulong> hashes = stackalloc ulong[BatchMax];
        if (IsTable) HashAhead(Table, members, first, hashes[..results.Length]);
        for (var i = 0; i < results.Length; i++) results[i] = IsTable ? IsInTable(members[first + i], hashes[i]) : Contains(members[first + i]);
    }

    /// <summary>Hashes arguments from one on, and asks the processor for what will be looked at.</summary>
    internal static void HashAhead(FieldTable table, scoped in Arguments members, int first, scoped Span<ulong> hashes)
    {
        for (var i = 0; i < hashes.Length; i++) hashes[i] = table.Hash(members[first + i]);
        table.Prefetch(hashes);
    }

    /// <summary>As <see cref="Contains(ReadOnlySpan{byte})"/>, where the hash is known if this is a table.</summary>
    internal bool Contains(scoped PackedElement member, ulong hash)
    {
        if (!IsTable) return Contains(member);
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        return Table.Find(member.Text(digits), hash).Exists;
    }

    /// <summary>Where a set that is no table has a member, given in the form in which it is kept; -1: nowhere.</summary>
    internal int IndexOf(scoped PackedElement member)
    {
        if (IsIntegers) return member.IsInteger && _integers.Contains(member.Integer, out var place) ? place : -1;
        if (_packed.Count == 0) return -1;
        var index = 0;
        foreach (var element in _packed.From(0))
        {
            if (element.Is(member)) return index;
            index++;
        }
        return -1;
    }

    /// <summary>Goes through the members: integers ascending, others in the order in which they came, of a table in none.</summary>
    /// <param name="found">Room for the members of some buckets: what only a table needs.</param>
    public SetWalk Walk(FieldList? found) => new(this, found);

    /// <summary>Adds the members of one position of a walk through a table to a list, as <see cref="FieldTable.Scan"/>.</summary>
    public ulong Scan(ulong cursor, FieldList found) => Table.Scan(cursor, found);

    /// <summary>As <see cref="Scan"/>, of as many positions as have some members together.</summary>
    internal ulong ScanSome(ulong cursor, FieldList found)
    {
        var enough = found.Count + MembersPerLook;
        do cursor = Table.Scan(cursor, found);
        while (cursor != 0 && found.Count < enough);
        return cursor;
    }

    /// <summary>A random member of a set that has some.</summary>
    public PackedElement Sample(ulong chance)
    {
        if (IsTable) return PackedElement.OfText(Table.Sample(chance).Name);
        var index = (int)Math.BigMul(chance, (ulong)Count, out _);
        return IsIntegers ? PackedElement.OfInteger(_integers[index]) : _packed[index];
    }

    /// <inheritdoc cref="FieldTable.ListAll"/>
    public void ListAll(long drawn, ulong chance, FieldList found) => Table.ListAll(drawn, chance, found);

    /// <summary>Adds different members of a table, drawn at random, to an empty list.</summary>
    public void SampleDistinct(long count, ulong chance, FieldList found) => Table.SampleDistinct(count, chance, found);
}

/// <summary>Goes through the members of a set, a few buckets of a table at a time: by the time that they are looked at their memory is there.</summary>
public ref struct SetWalk
{
    private readonly SetView _set;
    private readonly FieldList? _found;
    private ListElements _packed;
    private ulong _cursor;
    private int _next;
    private bool _isOver;

    internal SetWalk(SetView set, FieldList? found)
    {
        _set = set;
        _found = found;
        _isOver = set.Count == 0;
        found?.Clear();
        if (!_isOver && !set.IsTable && !set.IsIntegers) _packed = set.Packed.From(0);
    }

    public PackedElement Current { get; private set; }

    public bool MoveNext()
    {
        if (_isOver) return false;
        if (_set.IsTable) return MoveInTable();
        if (!_set.IsIntegers)
        {
            if (!_packed.MoveNext()) return false;
            Current = _packed.Current;
            return true;
        }
        if (_next == _set.Integers.Count) return false;
        Current = PackedElement.OfInteger(_set.Integers[_next++]);
        return true;
    }

    private bool MoveInTable()
    {
        if (_next == _found!.Count && !Look(_found)) return false;
        Current = PackedElement.OfText(_found[_next++].Name);
        return true;
    }

    private bool Look(FieldList found)
    {
        if (_next > 0 && _cursor == 0) return false;
        found.Clear();
        _next = 0;
        _cursor = _set.ScanSome(_cursor, found);
        return found.Count > 0;
    }
}
