using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// Keeps a collection alive and unchanged for a snapshot that reads it later: a word at the beginning of its root. While it is held, who would
/// change it changes copies, and who would free it drops it instead; the snapshot frees what was dropped when it lets go. Handing a value over,
/// however it ends, is thus O(1). Long strings have <see cref="StringHold"/>.
/// <code>| holder's number + 1, 0 when nobody holds: 31 | dropped 1 |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct Hold
{
    public const int Bytes = 8;
    private const uint DroppedBit = 1u << 31;

    private uint _state;

    public readonly bool IsHeld => _state != 0;

    public readonly bool IsDropped => (_state & DroppedBit) != 0;

    public readonly int Holder => (int)(_state & ~DroppedBit) - 1;

    public void Take(int holder)
    {
        Check.That(!IsHeld && holder >= 0);
        _state = (uint)holder + 1;
    }

    /// <summary>By the owner that is done with the memory. True: nobody holds it, the owner frees it.</summary>
    public bool Drop()
    {
        if (!IsHeld) return true;
        Check.That(!IsDropped);
        _state |= DroppedBit;
        return false;
    }

    /// <summary>By the holder. True: the owner has dropped it, the holder frees it.</summary>
    public bool Release()
    {
        Check.That(IsHeld);
        var dropped = IsDropped;
        _state = 0;
        return dropped;
    }
}
