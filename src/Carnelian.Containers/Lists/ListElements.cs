using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// Goes through the elements of a list, packed or of nodes, in either direction. Ends with the next change of the list. An element ends with the next one where nodes are
/// compressed, and of two copies made within such a node only one may go on.
/// </summary>
public unsafe ref struct ListElements
{
    /// <summary>Null: there is only one packed list.</summary>
    private readonly NodeDirectory* _directory;
    private readonly bool _backward;
    private readonly BlockAllocator? _allocator;
    private int _node;
    private ref byte _elements;

    /// <summary>Bytes of the present packed list's elements.</summary>
    private int _end;

    /// <summary>Offset of the next element among them; backwards, where that one ends.</summary>
    private int _at;
    private PackedElement _current;

    /// <summary>Has the compressed node that was come upon last.</summary>
    private Span<byte> _scratch;

    internal ListElements(ref byte elements, int bytes, int at, bool backward)
    {
        _elements = ref elements;
        _end = bytes;
        _at = at;
        _backward = backward;
    }

    internal ListElements(NodeDirectory* directory, int node, int inNode, bool backward, BlockAllocator allocator)
    {
        _directory = directory;
        _allocator = allocator;
        Enter(node);
        _at = ListPack.OffsetIn(ref _elements, _end, directory->CountOf(node), backward ? inNode + 1 : inNode);
        _backward = backward;
    }

    public readonly PackedElement Current => _current;

    public readonly ListElements GetEnumerator() => this;

    public bool MoveNext() => _backward ? MoveBackward() : MoveForward();

    private bool MoveForward()
    {
        while (_at == _end)
        {
            if (_directory == null || _node + 1 >= _directory->Length) return false;
            Enter(_node + 1);
            _at = 0;
        }
        _current = ListPack.Read(ref Unsafe.Add(ref _elements, _at), out var size);
        _at += size;
        return true;
    }

    private bool MoveBackward()
    {
        while (_at == 0)
        {
            if (_node == 0) return false;
            Enter(_node - 1);
            _at = _end;
        }
        _at -= ListPack.SizeBefore(ref Unsafe.Add(ref _elements, _at));
        _current = ListPack.Read(ref Unsafe.Add(ref _elements, _at), out _);
        return true;
    }

    private void Enter(int node)
    {
        _node = node;
        ref var list = ref CompressedNode.Read(_directory->Node(node), _allocator!, ref _scratch);
        _elements = ref Unsafe.Add(ref list, ListPack.HeaderBytes);
        _end = ListPack.Total(in list) - ListPack.EmptyBytes;
    }
}
