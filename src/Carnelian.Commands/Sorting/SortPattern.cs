namespace Carnelian;

/// <summary>What SORT has found for an element.</summary>
internal readonly ref struct SortValue
{
    private SortValue(ReadOnlySpan<byte> text)
    {
        Exists = true;
        Text = text;
    }

    public static SortValue None => default;

    public bool Exists { get; }

    public ReadOnlySpan<byte> Text { get; }

    public static SortValue Of(ReadOnlySpan<byte> text) => new(text);
}

/// <summary>
/// Where SORT finds a value for an element: "#" is the element itself, "weight_*" a string, "object_*->name" a field of a hash; the first asterisk stands for
/// the element. A pattern without one finds nothing.
/// </summary>
internal readonly ref struct SortPattern
{
    private readonly ReadOnlySpan<byte> _before, _behind, _field;
    private readonly bool _isElement, _isConstant;

    public SortPattern(ReadOnlySpan<byte> pattern)
    {
        _isElement = pattern.SequenceEqual("#"u8);
        var star = pattern.IndexOf((byte)'*');
        _isConstant = star < 0;
        if (_isConstant) return;
        _before = pattern[..star];
        _behind = pattern[(star + 1)..];
        var arrow = _behind.IndexOf("->"u8);
        if (arrow < 0 || arrow + 2 == _behind.Length) return;
        _field = _behind[(arrow + 2)..];
        _behind = _behind[..arrow];
    }

    /// <summary>The value for an element; it lives until the next is found, or its key changed.</summary>
    public SortValue Find(ref Call call, SortItems items, int i)
    {
        var element = items.TextOf(i);
        if (_isElement) return SortValue.Of(element);
        if (_isConstant) return SortValue.None;
        var name = items.Room(_before.Length + element.Length + _behind.Length);
        _before.CopyTo(name);
        element.CopyTo(name[_before.Length..]);
        _behind.CopyTo(name[(_before.Length + element.Length)..]);
        var view = call.Keyspace.Find(call.Database, call.Keyspace.KeyOf(name));
        if (!view.Exists || view.Type != (_field.IsEmpty ? ValueType.String : ValueType.Hash)) return SortValue.None;
        if (_field.IsEmpty) return SortValue.Of(view.Value);
        var hash = new HashView(call.Keyspace, call.Database, view);
        var field = hash.Find(_field);
        if (!field.Exists || hash.IsOver(field)) return SortValue.None;
        return SortValue.Of(field.Value.Text(items.Digits));
    }

    /// <summary>All keys that a pattern names lie in one slot, whatever the element: it has a hash tag without an asterisk, or is no pattern.</summary>
    public static bool StaysIn(ReadOnlySpan<byte> pattern, int slot)
    {
        var open = pattern.IndexOf((byte)'{');
        var close = open < 0 ? -1 : pattern[open..].IndexOf((byte)'}');
        var special = pattern.IndexOfAny("*?[\\"u8);
        // Before the end of the tag nothing may stand for something else.
        if (close > 1 && (special < 0 || special > open + close)) return KeySlot.Of(pattern[open..(open + close + 1)]) == slot;
        return special < 0 && KeySlot.Of(pattern) == slot;
    }
}
