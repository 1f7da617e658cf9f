using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// Keeps a collection alive and unchanged for a snapshot that reads it later: a word at the beginning of its root. While it is held,
/// changes go to copies, and the owner drops it instead of freeing it; the snapshot frees a dropped collection when it lets go. So handing a value
/// over is O(1), however it ends. Long strings have <see cref="StringHold"/>.
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

    /// <summary>Called by the owner that is done with the memory. True: nobody holds it, and the owner frees it.</summary>
    public bool Drop()
    {
        if (!IsHeld) return true;
        Check.That(!IsDropped);
        _state |= DroppedBit;
        return false;
    }

    /// <summary>Called by the holder. True: the owner has dropped the memory, and the holder frees it.</summary>
    public bool Release()
    {
        Check.That(IsHeld);
        var dropped = IsDropped;
        _state = 0;
        return dropped;
    }
}
