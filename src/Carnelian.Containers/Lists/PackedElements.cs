namespace Carnelian;

/// <summary>Goes through the elements of one packed list.</summary>
public unsafe ref struct PackedElements
{
    private readonly byte* _end;
    private byte* _next;
    private PackedElement _current;

    internal PackedElements(byte* list)
    {
        _next = list + ListPack.HeaderBytes;
        _end = list + ListPack.Total(list) - 1;
    }

    public readonly PackedElement Current => _current;

    public readonly PackedElements GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_next == _end) return false;
        _current = ListPack.Read(_next, out var size);
        _next += size;
        return true;
    }
}
