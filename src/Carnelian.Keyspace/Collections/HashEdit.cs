using System.Buffers;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// A key's hash while it is being changed, packed or a table. The key is made with its first field. Who changes something tells it with
/// <see cref="Changed"/> (or <see cref="Settle"/>, if it is to remain untold), raises further events, and at last calls <see cref="DeleteIfEmpty"/>.
/// </summary>
public ref struct HashEdit
{
    /// <summary>For <see cref="Set"/>: the field's present expiry stays.</summary>
    public const long KeepsExpiry = -2;

    private const int ScratchOnStack = 256;

    /// <summary>Of a new hash no more is put together before it is written.</summary>
    private const int AtOnceBytesMax = 16 << 10;

    private const long Never = long.MaxValue;

    private readonly Keyspace _keyspace;
    private KeyEdit _edit;

    /// <summary>The hash, if it is a table.</summary>
    private FieldTable _fields;

    private bool _isTable;

    /// <summary>The snapshot has what it needs of the key, and may hold the table from there on.</summary>
    private bool _hasBegun;

    /// <summary>The key's note of when its fields are due is to be written anew.</summary>
    private bool _isDueChanged;

    /// <summary>Fields of the table as the key's sizes know them.</summary>
    private long _countKnown;

    internal HashEdit(KeyEdit edit)
    {
        _keyspace = edit.Keyspace;
        _edit = edit;
        if (!edit.Exists) return;
        Check.That(edit.View.Type == ValueType.Hash);
        if (edit.View.Encoding == ValueEncoding.HashTable) OpenTable();
    }

    private void OpenTable()
    {
        _isTable = true;
        _fields = _edit.Database.Data.Fields(_edit.View);
        _countKnown = _fields.Count;
    }

    public readonly bool Exists => _edit.Exists;

    public readonly long Count => _isTable ? _fields.Count : Exists ? Packed.Count : 0;

    /// <summary>When the whole key expires, in Unix milliseconds, or <see cref="EntryView.NoExpiry"/>.</summary>
    public readonly long KeyExpiryMs => Exists ? _edit.View.ExpiryMs : EntryView.NoExpiry;

    /// <summary>The hash as it is at present.</summary>
    public readonly HashView View => new(_keyspace, _edit.Database, Exists ? _edit.View : default);

    private readonly PackedHash Packed => new(_edit.View.Value, _edit.View.Encoding == ValueEncoding.ListPackEx);

    private readonly PackedHashLimit Limit => _keyspace.Host.HashLimit;

    public readonly HashField Find(scoped ReadOnlySpan<byte> name) => View.Find(name);

    public readonly bool IsOver(scoped in HashField field) => View.IsOver(field);

    // ---- fields

    /// <summary>
    /// Makes the hash a table before so many fields are set, if that is more than may be packed, or there is too long a text among them, as Redis does. To be
    /// called once per text, with the bytes of all of them so far.
    /// </summary>
    public void Expect(long fields, long textBytes, long allBytes)
    {
        if (_isTable) return;
        if (fields > Limit.FieldsMax || !Limit.AllowsText(textBytes) || (Exists && !PackedHashLimit.AllowsBytes(Packed, allBytes))) MakeTable();
    }

    /// <summary>Makes the hash, which there is not yet, a table if so many fields are more than may be packed.</summary>
    /// <param name="sized">For how many of them the table is made at once.</param>
    public void Reserve(long fields, long sized)
    {
        if (fields <= Limit.FieldsMax) return;
        MakeTable();
        _fields.Reserve(sized);
    }

    /// <summary>Has the key know when fields of a packed hash, written as a whole, are due.</summary>
    public void NoteDue()
    {
        _isDueChanged = true;
        Settle();
    }

    /// <summary>Sets a field's value. True if the field is new.</summary>
    /// <param name="expiryMs">Unix milliseconds, <see cref="EntryView.NoExpiry"/> or <see cref="KeepsExpiry"/>.</param>
    public bool Set(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, long expiryMs = EntryView.NoExpiry)
    {
        if (_isTable) return SetInTable(name, value, expiryMs);
        if (Limit.AllowsText(name.Length) && Limit.AllowsText(value.Length))
        {
            if (expiryMs > 0) AllowExpiry();
            var hash = Exists ? Packed : new PackedHash(PackedHash.Empty, expiryMs > 0);
            var at = hash.Find(name);
            if (at.Exists ? Limit.Allows(hash) : Limit.AllowsMore(hash))
            {
                SetPacked(hash, at, name, value, expiryMs);
                return !at.Exists;
            }
        }
        MakeTable();
        return SetInTable(name, value, expiryMs);
    }

    /// <summary>Sets fields whose names and values stand from an argument on, without expiry. Returns how many are new. <see cref="Expect"/> comes first.</summary>
    public int SetAll(scoped in Arguments pairs, int first)
    {
        var created = Exists ? 0 : CreatePacked(pairs, ref first);
        for (; first < pairs.Count; first += 2) created += Set(pairs[first], pairs[first + 1]) ? 1 : 0;
        return created;
    }

    /// <summary>Makes a new hash of the first of these fields, of as many as are put together elsewhere and written at once.</summary>
    private int CreatePacked(scoped in Arguments pairs, ref int first)
    {
        var room = PackedHash.Empty.Length;
        var end = first;
        for (; end < pairs.Count && (end - first) / 2 < Limit.FieldsMax; end += 2)
        {
            if (!Limit.AllowsText(pairs[end].Length) || !Limit.AllowsText(pairs[end + 1].Length)) break;
            var more = (long)pairs[end].Length + pairs[end + 1].Length + 2 * PackedWriter.OverheadMax;
            if (room + more > AtOnceBytesMax) break;
            room += (int)more;
        }
        if (end - first <= 2) return 0;
        using var scratch = new Scratch(room * 2, stackalloc byte[ScratchOnStack]);
        Span<byte> packed = scratch.Span[..room], inserted = scratch.Span[room..];
        PackedHash.Empty.CopyTo(packed);
        var hash = new PackedHash(packed[..PackedHash.Empty.Length], expires: false);
        for (; first < end; first += 2)
        {
            var splice = PackedHashEdit.SetValue(hash, hash.Find(pairs[first]), pairs[first], pairs[first + 1], inserted);
            var length = hash.Bytes.Length + splice.LengthChange;
            splice.Apply(packed[..Math.Max(hash.Bytes.Length, length)]);
            hash = new(packed[..length], expires: false);
        }
        _edit.WritePacked(ValueType.Hash, ValueEncoding.ListPack, hash.Bytes);
        return hash.Count;
    }

    private void SetPacked(
        scoped PackedHash hash, scoped PackedField at, scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, long expiryMs)
    {
        // Whoever gets another time moves, and what lies between the places is written again.
        var moves = expiryMs != KeepsExpiry && (at.Expires || expiryMs != EntryView.NoExpiry);
        using var scratch = new Scratch(PackedHashEdit.ScratchBytes(hash, name.Length, value.Length, moves), stackalloc byte[ScratchOnStack]);
        var splice = expiryMs == KeepsExpiry
            ? PackedHashEdit.SetValue(hash, at, name, value, scratch.Span)
            : PackedHashEdit.Set(hash, at, name, value, expiryMs, scratch.Span);
        _isDueChanged |= moves;
        if (Exists) _edit.Splice(splice);
        else Create(splice, hash.Expires);
    }

    private void Create(scoped Splice splice, bool expires)
    {
        var empty = PackedList.Empty;
        using var scratch = new Scratch(empty.Bytes.Length + splice.Inserted.Length, stackalloc byte[ScratchOnStack]);
        splice.CopyTo(empty, scratch.Span);
        _edit.WritePacked(ValueType.Hash, expires ? ValueEncoding.ListPackEx : ValueEncoding.ListPack, scratch.Span);
    }

    private bool SetInTable(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value, long expiryMs)
    {
        var at = FindInTable(name);
        var isNew = !at.Exists;
        var oldExpiryMs = isNew ? EntryView.NoExpiry : at.View.ExpiryMs;
        if (expiryMs == KeepsExpiry) expiryMs = oldExpiryMs;
        _isDueChanged |= expiryMs != oldExpiryMs;
        BeginChange(at.View);
        _fields.Set(ref at, name, value, expiryMs);
        return isNew;
    }

    /// <summary>True if the field was there.</summary>
    public bool Delete(scoped ReadOnlySpan<byte> name)
    {
        if (!Exists) return false;
        if (_isTable) return DeleteInTable(name);
        var hash = Packed;
        var at = hash.Find(name);
        if (!at.Exists) return false;
        _isDueChanged |= at.Expires;
        _edit.Splice(PackedHashEdit.Delete(hash, at));
        return true;
    }

    private bool DeleteInTable(scoped ReadOnlySpan<byte> name)
    {
        var at = FindInTable(name);
        if (!at.Exists) return false;
        _isDueChanged |= at.View.Expires;
        BeginChange(at.View);
        _fields.Remove(ref at);
        return true;
    }

    /// <summary>Sets an existing field's expiry, or takes it off with <see cref="EntryView.NoExpiry"/>.</summary>
    public void SetExpiry(scoped ReadOnlySpan<byte> name, long expiryMs)
    {
        _isDueChanged = true;
        if (_isTable)
        {
            var field = FindInTable(name);
            BeginChange(field.View);
            _fields.SetExpiry(ref field, expiryMs);
            return;
        }
        AllowExpiry();
        var hash = Packed;
        var at = hash.Find(name);
        using var scratch = new Scratch(PackedHashEdit.ScratchBytes(hash, 0, 0, moves: true), stackalloc byte[ScratchOnStack]);
        _edit.Splice(PackedHashEdit.SetExpiry(hash, at, expiryMs, scratch.Span));
    }

    private readonly FieldHandle FindInTable(scoped ReadOnlySpan<byte> name)
    {
        _fields.Step();
        return _fields.Find(name, _fields.Hash(name));
    }

    /// <summary>Before a change of the table. A snapshot that has not saved the field yet gets a copy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void BeginChange(FieldView field)
    {
        if (!_hasBegun) _edit.BeginChange();
        _hasBegun = true;
        if (field.Exists) _keyspace.BeforeChange(_fields, field);
    }

    // ---- form

    /// <summary>Gives a packed hash the form in which fields may expire. It never goes back.</summary>
    public void AllowExpiry()
    {
        if (!Exists || _isTable || Packed.Expires) return;
        var hash = Packed;
        using var scratch = new Scratch(PackedHashEdit.ExpiringLength(hash), stackalloc byte[ScratchOnStack]);
        PackedHashEdit.WriteExpiring(hash, scratch.Span);
        _edit.WritePacked(ValueType.Hash, ValueEncoding.ListPackEx, scratch.Span);
    }

    /// <summary>Puts a table in a packed hash's place, or creates the key with one.</summary>
    private void MakeTable()
    {
        var packed = Exists ? Packed : new PackedHash(PackedHash.Empty, expires: false);
        _edit.Replace(ValueType.Hash, ValueEncoding.HashTable);
        OpenTable();
        _hasBegun = true;
        _fields.AddPacked(packed);
        _isDueChanged |= packed.Expires;
    }

    // ---- what is over

    /// <summary>Deletes a field whose time is over and propagates that. Event and end of the change are the caller's.</summary>
    public void DeleteOver(scoped ReadOnlySpan<byte> name)
    {
        NoteOver(name);
        Delete(name);
    }

    private readonly void NoteOver(scoped ReadOnlySpan<byte> name)
    {
        _keyspace.Statistics.FieldsExpired++;
        _keyspace.PropagateFieldExpiry(_edit.Database, _edit.Key, name);
    }

    /// <summary>As <see cref="DeleteOver"/>, and tells it at once.</summary>
    public void Expire(scoped ReadOnlySpan<byte> name)
    {
        DeleteOver(name);
        Changed(0, KeyspaceEvent.HashExpired);
        DeleteIfEmpty();
    }

    /// <summary>Deletes all fields whose time is over, propagates that and tells it at once. Takes as long as there are such fields.</summary>
    public void ExpireAll()
    {
        if (!_keyspace.Held.Contains(_edit.Database, _edit.Key)) _keyspace.HashExpiry.RunWhole(ref this);
    }

    /// <summary>
    /// Deletes up to so many fields whose time is over and propagates each, in a unit of its own while no call runs. Returns their number; the rest of the
    /// change is the caller's. There may be more while <see cref="HasDue"/>.
    /// </summary>
    internal int DeleteDue(int countMax, FieldList found, bool inUnits)
    {
        _isDueChanged = true;
        if (!_isTable) return DeleteDuePacked(countMax, inUnits);
        // Collecting tells of the earliest time as if what is collected were gone: a snapshot must have noted before which it was.
        BeginChange(default);
        found.Clear();
        _fields.CollectDue(_keyspace.NowMs, countMax, found);
        for (var i = 0; i < found.Count; i++)
        {
            if (inUnits) _keyspace.Changes.BeginUnit();
            NoteOver(found[i].Name);
            DeleteInTable(found[i].Name);
        }
        return found.Count;
    }

    private int DeleteDuePacked(int countMax, bool inUnits)
    {
        var hash = Packed;
        var count = Math.Min(hash.CountDue(_keyspace.NowMs), countMax);
        if (count == 0) return 0;
        Span<byte> text = stackalloc byte[PackedElement.IntegerTextMax];
        var field = hash.First;
        for (var i = 0; i < count; i++, field = hash.Next(field))
        {
            if (inUnits) _keyspace.Changes.BeginUnit();
            NoteOver(field.Name.Text(text));
        }
        _edit.Splice(PackedHashEdit.DeleteFirst(hash, count));
        return count;
    }

    /// <summary>There may be fields whose time is over.</summary>
    internal readonly bool HasDue => Exists && NextDueMs < _keyspace.NowMs;

    private readonly long NextDueMs => !_isTable ? Packed.NextDueMs : _fields.CountExpiring > 0 ? _fields.NextDueMs : Never;

    // ---- the end of a change

    /// <summary>Counts changes, touches the key and raises an event.</summary>
    /// <param name="changes">What <see cref="Keyspace.Dirty"/> grows by.</param>
    public void Changed(long changes, KeyspaceEvent? happened)
    {
        Settle();
        _edit.Changed(changes, happened);
    }

    /// <summary>Has the key know how many fields there are and when they are due.</summary>
    public void Settle()
    {
        if (!Exists) return;
        if (_isTable && _fields.Count != _countKnown) _countKnown = _edit.Recount(_countKnown);
        if (!_isDueChanged) return;
        _isDueChanged = false;
        var dueMs = NextDueMs;
        _edit.NoteFieldsDue(dueMs != Never, dueMs);
    }

    public readonly void Raise(KeyspaceEvent happened) => _keyspace.Raise(happened, _edit.Database, _edit.Key);

    /// <summary>Deletes the key if no field is left; what was done before is settled. True if so.</summary>
    public bool DeleteIfEmpty(bool raises = true)
    {
        if (!Exists || Count > 0) return false;
        _edit.DeleteEmpty(raises);
        _isTable = _hasBegun = _isDueChanged = false;
        return true;
    }

    /// <summary>Memory for a moment: on the stack if it is little.</summary>
    private readonly ref struct Scratch
    {
        private readonly byte[]? _rented;

        public Scratch(int bytes, Span<byte> onStack)
        {
            if (bytes > onStack.Length) onStack = _rented = ArrayPool<byte>.Shared.Rent(bytes);
            Span = onStack[..bytes];
        }

        public Span<byte> Span { get; }

        public void Dispose()
        {
            if (_rented is not null) ArrayPool<byte>.Shared.Return(_rented);
        }
    }
}
