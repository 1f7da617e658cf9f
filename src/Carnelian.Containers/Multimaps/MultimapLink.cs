using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// One holder's place in a group, and in the chain of all that this holder holds.
/// <code>| previous in the group 8 | next in the group 8 | group's address 48, note 16 | holder 8 | previous of the holder 8 | next of the holder 8 |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal unsafe struct LinkBlock
{
    public const int Bytes = 48;
    private const int NoteShift = 48;
    private const ulong AddressMask = (1UL << NoteShift) - 1;

    public LinkBlock* Previous;
    public LinkBlock* Next;
    private ulong _group;
    public long Holder;
    public LinkBlock* PreviousOfHolder;
    public LinkBlock* NextOfHolder;

    public GroupBlock* Group
    {
        readonly get => (GroupBlock*)(_group & AddressMask);
        set => _group = (_group & ~AddressMask) | (ulong)value;
    }

    public ushort Note
    {
        readonly get => (ushort)(_group >> NoteShift);
        set => _group = (_group & AddressMask) | (ulong)value << NoteShift;
    }
}

/// <summary>That a holder holds a key. Ends when it is removed.</summary>
public readonly unsafe struct MultimapLink
{
    internal readonly LinkBlock* Block;

    internal MultimapLink(LinkBlock* block) => Block = block;

    public bool Exists => Block != null;

    public long Holder => Block->Holder;

    public MultimapGroup Group => new(Block->Group);

    /// <summary>Who came next in the group.</summary>
    public MultimapLink Next => new(Block->Next);

    /// <summary>The next key that the holder took.</summary>
    public MultimapLink NextOfHolder => new(Block->NextOfHolder);

    /// <summary>16 bits whose meaning is the user's.</summary>
    public ushort Note
    {
        get => Block->Note;
        set => Block->Note = value;
    }
}

/// <summary>All that one holder holds, in the order in which it was taken. The holder keeps it and removes all before it goes.</summary>
public unsafe struct MultimapChain
{
    private LinkBlock* _first;
    private LinkBlock* _last;

    public readonly MultimapLink First => new(_first);

    /// <summary>Links.</summary>
    public int Count { get; private set; }

    internal void Append(LinkBlock* link)
    {
        link->PreviousOfHolder = _last;
        link->NextOfHolder = null;
        (_last == null ? ref _first : ref _last->NextOfHolder) = link;
        _last = link;
        Count++;
    }

    internal void Unlink(LinkBlock* link)
    {
        Check.That(link->PreviousOfHolder == null ? _first == link : link->PreviousOfHolder->NextOfHolder == link);
        (link->PreviousOfHolder == null ? ref _first : ref link->PreviousOfHolder->NextOfHolder) = link->NextOfHolder;
        (link->NextOfHolder == null ? ref _last : ref link->NextOfHolder->PreviousOfHolder) = link->PreviousOfHolder;
        Count--;
    }
}
