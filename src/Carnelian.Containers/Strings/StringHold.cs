using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// How many keep a long string alive and unchanged: a snapshot, replies on their way. While there are any, changes go to a copy, and the owner drops
/// the string instead of freeing it. The last holder frees a dropped string.
/// <code>| holders 31 | dropped 1 |</code>
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
internal struct StringHold
{
    public const int Bytes = 8;
    private const uint DroppedBit = 1u << 31;

    private uint _state;

    public readonly bool IsHeld => _state != 0;

    public void Take()
    {
        Check.That((_state & ~DroppedBit) < DroppedBit - 1);
        _state++;
    }

    /// <summary>Called by the owner that is done with the string. True: nobody holds it, and the owner frees it.</summary>
    public bool Drop()
    {
        if (!IsHeld) return true;
        Check.That((_state & DroppedBit) == 0);
        _state |= DroppedBit;
        return false;
    }

    /// <summary>Called by a holder that lets go. True: the owner has dropped the string, and this last holder frees it.</summary>
    public bool Release()
    {
        Check.That((_state & ~DroppedBit) > 0);
        _state--;
        if (_state != DroppedBit) return false;
        _state = 0;
        return true;
    }
}
