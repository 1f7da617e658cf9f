using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// A key's set while it is being changed: integers, a packed list or a table, as Redis 8.0 keeps it (t_set.c). The key is made with its first member. Who
/// changes something tells it with <see cref="Changed"/>, and at last calls <see cref="DeleteIfEmpty"/>. Continues the <see cref="KeyEdit"/> that it was
/// made of.
/// </summary>
public ref struct SetEdit
{
    /// <summary>Members of up to so many bytes are encoded on the stack.</summary>
    private const int StackBytesMax = 256;

    private readonly Keyspace _keyspace;
    private KeyEdit _edit;

    /// <summary>The set, if it is a table.</summary>
    private FieldTable _table;

    /// <summary>How the set is kept, or is to begin.</summary>
    private ValueEncoding _encoding = ValueEncoding.ListPack;

    /// <summary>The snapshot has what it needs of the key, and may hold the table from there on.</summary>
    private bool _hasBegun;

    /// <summary>Members of the table as the key's sizes know them.</summary>
    private long _countKnown;

    /// <param name="edit">Of a set, or of a key that does not exist.</param>
    public SetEdit(KeyEdit edit)
    {
        _keyspace = edit.Keyspace;
        _edit = edit;
        if (!edit.Exists) return;
        Check.That(edit.View.Type == ValueType.Set);
        _encoding = edit.View.Encoding;
        if (IsTable) OpenTable();
    }

    private void OpenTable()
    {
        _encoding = ValueEncoding.HashTable;
        _table = _edit.Database.Data.Fields(_edit.View);
        _countKnown = _table.Count;
    }

    public readonly bool Exists => _edit.Exists;

    public readonly long Count => IsTable && Exists ? _table.Count : View.Count;

    /// <summary>The set as it is at present.</summary>
    public readonly SetView View => new(_edit.Database.Data, Exists ? _edit.View : default);

    private readonly bool IsTable => _encoding == ValueEncoding.HashTable;

    private readonly SetLimit Limit => _keyspace.Host.SetLimit;

    // ---- members

    /// <summary>Before members are added: how many there may be decides how a new set begins, and makes a table of a packed one if they are too many.</summary>
    public void Expect(scoped ReadOnlySpan<byte> first, long members)
    {
        if (!Exists) Begin(Limit.Initial(first, members), members);
        else if (!IsTable && !Limit.AllowsAtOnce(_encoding, members)) MakeTable(members);
    }

    /// <summary>How a set that does not exist is to begin.</summary>
    /// <param name="members">How many a table is made for.</param>
    public void Begin(ValueEncoding encoding, long members = 0)
    {
        Check.That(!Exists);
        if (encoding == ValueEncoding.HashTable) MakeTable(members);
        else _encoding = encoding;
    }

    /// <summary>True if the member is new.</summary>
    public bool Add(scoped ReadOnlySpan<byte> member) =>
        IsTable ? AddToTable(member, _table.Hash(member)) : AddPacked(PackedElement.Of(member), member);

    public bool Add(scoped PackedElement member)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        return _encoding == ValueEncoding.IntSet && member.IsInteger ? AddInteger(member.Integer) : Add(member.Text(digits));
    }

    private bool AddPacked(scoped PackedElement member, scoped ReadOnlySpan<byte> text)
    {
        if (_encoding == ValueEncoding.IntSet)
        {
            if (member.IsInteger) return AddInteger(member.Integer);
            if (Limit.AllowsText(Integers, text.Length)) PackIntegers();
        }
        else if (Exists && View.IndexOf(member) >= 0) return false;
        if (_encoding == ValueEncoding.ListPack && Limit.AllowsMore(Packed, text.Length))
        {
            Append(text);
            return true;
        }
        MakeTable(1);
        return AddToTable(text, _table.Hash(text));
    }

    private readonly IntegerSet Integers => Exists ? View.Integers : IntegerSet.Empty;

    private readonly PackedList Packed => Exists ? View.Packed : PackedList.Empty;

    private bool AddInteger(long integer)
    {
        var integers = Integers;
        if (integers.Contains(integer, out var index)) return false;
        var change = integers.Insert(index, integer);
        if (Exists)
        {
            _edit.Splice(change);
        }
        else
        {
            Span<byte> made = stackalloc byte[integers.Length + change.LengthChange];
            integers.Bytes.CopyTo(made);
            change.Apply(made);
            _edit.WritePacked(ValueType.Set, ValueEncoding.IntSet, made);
        }
        if (!Limit.AllowsIntegers(integers.Count + 1)) MakeTable(0);
        return true;
    }

    private void Append(scoped ReadOnlySpan<byte> text)
    {
        var room = text.Length + PackedWriter.OverheadMax;
        var writer = new PackedWriter(room <= StackBytesMax ? stackalloc byte[StackBytesMax] : _keyspace.Allocator.Scratch(room));
        writer.Add(text);
        var packed = Packed;
        var splice = packed.Replace(packed.Count, 0, writer);
        if (Exists)
        {
            _edit.Splice(splice);
            return;
        }
        var length = packed.Bytes.Length + splice.LengthChange;
        var made = length <= StackBytesMax ? stackalloc byte[StackBytesMax] : _keyspace.Allocator.Scratch(length);
        splice.CopyTo(packed, made);
        _edit.WritePacked(ValueType.Set, ValueEncoding.ListPack, made[..length]);
    }

    private bool AddToTable(scoped ReadOnlySpan<byte> member, ulong hash)
    {
        _table.Step();
        var at = _table.Find(member, hash);
        if (at.Exists) return false;
        BeginChange(at.View);
        _table.Set(ref at, member, default);
        return true;
    }

    /// <summary>Adds arguments from one on. Returns how many of them are new.</summary>
    public int Add(scoped in Arguments members, int first)
    {
        var added = 0;
        for (; first < members.Count && !IsTable; first++) added += Add(members[first]) ? 1 : 0;
        Span<ulong> hashes = stackalloc ulong[SetView.BatchMax];
        for (int next; first < members.Count; first = next)
        {
            next = Math.Min(first + SetView.BatchMax, members.Count);
            SetView.HashAhead(_table, members, first, hashes[..(next - first)]);
            for (var i = first; i < next; i++) added += AddToTable(members[i], hashes[i - first]) ? 1 : 0;
        }
        return added;
    }

    /// <summary>Adds all members of another set.</summary>
    /// <param name="found">Room for the members of some buckets.</param>
    public void AddAll(SetView other, FieldList found)
    {
        // With so many it will be a table, whatever they are.
        if (!IsTable && other.Count > Math.Max(Limit.IntegersMax, Limit.MembersMax)) MakeTable(other.Count);
        if (IsTable) _table.Reserve(other.Count);
        if (!other.IsTable)
        {
            for (var walk = other.Walk(null); walk.MoveNext();) Add(walk.Current);
            return;
        }
        ulong cursor = 0;
        do
        {
            found.Clear();
            cursor = other.ScanSome(cursor, found);
            for (var from = 0; from < found.Count; from += SetView.BatchMax) AddSome(found, from, Math.Min(from + SetView.BatchMax, found.Count));
        }
        while (cursor != 0);
    }

    private void AddSome(FieldList found, int from, int end)
    {
        for (; from < end && !IsTable; from++) Add(found[from].Name);
        Span<ulong> hashes = stackalloc ulong[SetView.BatchMax];
        for (var i = from; i < end; i++) hashes[i - from] = _table.Hash(found[i].Name);
        if (from < end) _table.Prefetch(hashes[..(end - from)]);
        for (var i = from; i < end; i++) AddToTable(found[i].Name, hashes[i - from]);
    }

    /// <summary>True if the member was there.</summary>
    public bool Remove(scoped ReadOnlySpan<byte> member)
    {
        if (!Exists) return false;
        return IsTable ? RemoveFromTable(member, _table.Hash(member)) : RemovePacked(PackedElement.Of(member));
    }

    private bool RemoveFromTable(scoped ReadOnlySpan<byte> member, ulong hash)
    {
        _table.Step();
        var at = _table.Find(member, hash);
        if (!at.Exists) return false;
        BeginChange(at.View);
        _table.Remove(ref at);
        return true;
    }

    /// <summary>Removes arguments from one on. Returns how many there were.</summary>
    public int Remove(scoped in Arguments members, int first)
    {
        var removed = 0;
        for (; first < members.Count && !IsTable && Count > 0; first++) removed += Remove(members[first]) ? 1 : 0;
        Span<ulong> hashes = stackalloc ulong[SetView.BatchMax];
        for (int next; IsTable && first < members.Count && Count > 0; first = next)
        {
            next = Math.Min(first + SetView.BatchMax, members.Count);
            SetView.HashAhead(_table, members, first, hashes[..(next - first)]);
            for (var i = first; i < next; i++) removed += RemoveFromTable(members[i], hashes[i - first]) ? 1 : 0;
        }
        return removed;
    }

    public void RemoveAll(SetView other, FieldList found)
    {
        for (var walk = other.Walk(found); walk.MoveNext();) Remove(walk.Current);
    }

    public bool Remove(scoped PackedElement member)
    {
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        return Exists && _encoding == ValueEncoding.IntSet ? RemovePacked(member) : Remove(member.Text(digits));
    }

    private bool RemovePacked(scoped PackedElement member)
    {
        var index = View.IndexOf(member);
        if (index >= 0) RemoveAt(index);
        return index >= 0;
    }

    /// <summary>Removes the member that a packed set has at this place.</summary>
    public void RemoveAt(int index)
    {
        if (_encoding == ValueEncoding.IntSet) _edit.Splice(Integers.Remove(index));
        else _edit.Splice(Packed.Remove(index, 1));
    }

    /// <summary>Before a change of the table. A snapshot that has not saved the member yet gets a copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeginChange(FieldView member)
    {
        if (!_hasBegun) _edit.BeginChange();
        _hasBegun = true;
        if (member.Exists) _keyspace.BeforeChange(_table, member);
    }

    // ---- form

    private void PackIntegers()
    {
        var integers = Integers;
        _encoding = ValueEncoding.ListPack;
        if (!Exists) return;
        var length = PackedList.Empty.Bytes.Length + integers.Count * (sizeof(long) + PackedWriter.OverheadMax);
        var writer = new PackedWriter(_keyspace.Allocator.Scratch(length));
        for (var i = 0; i < integers.Count; i++) writer.Add(PackedElement.OfInteger(integers[i]));
        var made = _keyspace.Allocator.Scratch(length);
        var splice = PackedList.Empty.Replace(0, 0, writer);
        _edit.WritePacked(ValueType.Set, ValueEncoding.ListPack, made[..splice.CopyTo(PackedList.Empty, made)]);
    }

    private readonly bool AreIntegers(FieldList found)
    {
        for (var walk = View.Walk(found); walk.MoveNext();)
        {
            if (!walk.Current.IsInteger && !PackedElement.Of(walk.Current.Text(default)).IsInteger) return false;
        }
        return true;
    }

    /// <summary>Has a set that is all integers be kept as such, if it has not too many of them.</summary>
    /// <param name="found">Room for the members of some buckets.</param>
    public void PackIfIntegers(FieldList found)
    {
        var before = View;
        if (!Exists || _encoding == ValueEncoding.IntSet || !Limit.AllowsIntegers(before.Count) || !AreIntegers(found)) return;
        var count = (int)before.Count;
        var made = _keyspace.Allocator.Scratch(IntegerSet.BytesMax(count));
        IntegerSet.Empty.Bytes.CopyTo(made);
        for (var walk = before.Walk(found); walk.MoveNext();)
        {
            var member = walk.Current.IsInteger ? walk.Current : PackedElement.Of(walk.Current.Text(default));
            var integers = new IntegerSet(made);
            Check.That(!integers.Contains(member.Integer, out var index));
            integers.Insert(index, member.Integer).Apply(made);
        }
        _encoding = ValueEncoding.IntSet;
        _edit.WritePacked(ValueType.Set, ValueEncoding.IntSet, new IntegerSet(made).Bytes);
    }

    /// <summary>Puts a table in a packed set's place, or creates the key with one. It never goes back.</summary>
    /// <param name="more">Members that are to come.</param>
    private void MakeTable(long more)
    {
        var before = View;
        _edit.Replace(ValueType.Set, ValueEncoding.HashTable);
        OpenTable();
        _hasBegun = true;
        _table.Reserve(before.Count + more);
        Span<byte> digits = stackalloc byte[PackedElement.IntegerTextMax];
        for (var walk = before.Walk(null); walk.MoveNext();)
        {
            var text = walk.Current.Text(digits);
            AddToTable(text, _table.Hash(text));
        }
        Settle();
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
        if (Exists && IsTable && _table.Count != _countKnown) _countKnown = _edit.Recount(_countKnown);
    }

    /// <summary>Gives the set, one of <see cref="Keyspace.NewSet"/>, to a key, in place of what that has, and tells it.</summary>
    public void GiveTo(scoped ref KeyEdit key, KeyspaceEvent happened)
    {
        Settle();
        key.Take(ref _edit, EntryView.NoExpiry);
        key.Changed(1, happened);
    }

    /// <summary>Puts another set, one of <see cref="Keyspace.NewSet"/>, in this one's place; the key's expiry stays. What was done before must be told.</summary>
    public void Exchange(scoped ref SetEdit other)
    {
        other.Settle();
        _edit.Take(ref other._edit, _edit.View.ExpiryMs);
        this = new(_edit);
    }

    /// <summary>Frees the set, one of <see cref="Keyspace.NewSet"/>.</summary>
    public void Discard()
    {
        if (Exists) _edit.Destroy();
    }

    /// <summary>Deletes the key with all members; that they were removed is told before.</summary>
    public void Delete()
    {
        _edit.BeginChange();
        _edit.DeleteEmpty();
    }

    /// <summary>Deletes the key if no member is left. True if so.</summary>
    public bool DeleteIfEmpty()
    {
        if (!Exists || Count > 0) return false;
        _edit.DeleteEmpty();
        return true;
    }
}
