using System.Runtime.InteropServices;

namespace Carnelian;

/// <summary>
/// How many keep a long string alive and unchanged: a snapshot, replies on their way. While there are any, who would change the string changes a
/// copy, and who would free it drops it instead; who lets go last frees what was dropped.
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

    /// <summary>By the owner that is done with the string. True: nobody holds it, the owner frees it.</summary>
    public bool Drop()
    {
        if (!IsHeld) return true;
        Check.That((_state & DroppedBit) == 0);
        _state |= DroppedBit;
        return false;
    }

    /// <summary>By a holder. True: the owner has dropped it and this was the last one, who frees it.</summary>
    public bool Release()
    {
        Check.That((_state & ~DroppedBit) > 0);
        _state--;
        if (_state != DroppedBit) return false;
        _state = 0;
        return true;
    }
}
