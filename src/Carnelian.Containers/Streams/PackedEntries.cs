namespace Carnelian;

/// <summary>Goes through the entries of one node, deleted ones too, forwards or backwards. Ends with the node's next change.</summary>
internal unsafe struct PackedEntries
{
    private readonly byte* _list;
    private readonly StreamId _master;
    private readonly byte* _names;
    private readonly long _masterFields;

    /// <summary>The next element to be read, and the next name in the master entry.</summary>
    private byte* _next, _name;

    /// <summary>Fields that are not read yet, and whether some entry has been.</summary>
    private long _fieldsLeft;
    private bool _hasBegun;

    /// <param name="master">The node's master ID.</param>
    public PackedEntries(byte* list, StreamId master)
    {
        _list = list;
        _master = master;
        _names = StreamPack.Names(list, out _masterFields);
    }

    /// <summary>Where the entry begins.</summary>
    public byte* At { get; private set; }

    public StreamId Id { get; private set; }

    public StreamEntryFlags Flags { get; private set; }

    public readonly bool IsDeleted => (Flags & StreamEntryFlags.Deleted) != 0;

    public long FieldCount { get; private set; }

    private readonly bool HasSameFields => (Flags & StreamEntryFlags.SameFields) != 0;

    /// <summary>Goes on to the next entry, at first to the first one.</summary>
    public bool Next()
    {
        if (!_hasBegun) _next = Skip(_names, _masterFields);
        else _next = Skip(_next, HasSameFields ? _fieldsLeft : 2 * _fieldsLeft);
        _hasBegun = true;
        // The number of the last entry's elements, or what stands in its place behind the master entry.
        _next += ListPack.SizeAt(ref *_next);
        if (*_next == ListPack.End) return false;
        Read(_next);
        return true;
    }

    /// <summary>Goes back to the entry before, at first to the last one. Not mixed with <see cref="Next"/>.</summary>
    public bool Previous()
    {
        var end = _hasBegun ? At : _list + ListPack.Total(in *_list) - 1;
        _hasBegun = true;
        var at = end - ListPack.SizeBefore(ref *end);
        var last = at;
        var elements = StreamPack.ReadInteger(ref last);
        if (elements == 0) return false;
        for (; elements > 0; elements--) at -= ListPack.SizeBefore(ref *at);
        Read(at);
        return true;
    }

    private void Read(byte* at)
    {
        At = at;
        Flags = (StreamEntryFlags)StreamPack.ReadInteger(ref at);
        var milliseconds = _master.Milliseconds + (ulong)StreamPack.ReadInteger(ref at);
        Id = new(milliseconds, _master.Sequence + (ulong)StreamPack.ReadInteger(ref at));
        FieldCount = HasSameFields ? _masterFields : StreamPack.ReadInteger(ref at);
        _fieldsLeft = FieldCount;
        _name = _names;
        _next = at;
    }

    /// <summary>Reads the entry's next field, <see cref="FieldCount"/> times at the most.</summary>
    public void ReadField(out PackedElement name, out PackedElement value)
    {
        Check.That(_fieldsLeft > 0);
        _fieldsLeft--;
        name = HasSameFields ? ReadElement(ref _name) : ReadElement(ref _next);
        value = ReadElement(ref _next);
    }

    private static PackedElement ReadElement(scoped ref byte* at)
    {
        var element = ListPack.Read(ref *at, out var size);
        at += size;
        return element;
    }

    private static byte* Skip(byte* at, long elements)
    {
        for (; elements > 0; elements--) at += ListPack.SizeAt(ref *at);
        return at;
    }
}
