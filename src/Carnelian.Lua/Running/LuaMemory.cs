using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// What a machine has allocated. Whatever is made is counted by its size, and nothing is counted when it dies, for only the collector of .NET knows that. When
/// the count reaches the limit, <see cref="Reachability"/> walks over all that the scripts can still reach and measures it, as the marking of a collector does:
/// the count then is what lives, and goes on from there. Only if that is nearly the limit itself the script ends with "not enough memory". So the limit is sound
/// (what lives is never more), counting costs an addition, and each walk is paid for by a sixteenth of the limit at least that was allocated before it. Garbage
/// of a run that is not yet collected is bounded by what was counted; what runs before have left is the host's to collect.
/// </summary>
public sealed class LuaMemory
{
    /// <summary>So much must be free after a walk, or the next one would follow at once: a sixteenth.</summary>
    private const int FreeShift = 4;

    private readonly LuaMachine _machine;
    private long _limitBytes, _measureAtBytes;
    private long _measureEveryBytes = long.MaxValue;
    private int _lastId;

    internal LuaMemory(LuaMachine machine, long limitBytes)
    {
        _machine = machine;
        LimitBytes = limitBytes;
    }

    /// <summary>What lives and what died since the last walk.</summary>
    public long CountedBytes { get; private set; }

    public long LimitBytes
    {
        get => _limitBytes;
        set
        {
            Check.That(value > 0);
            _measureAtBytes = _limitBytes = value;
        }
    }

    /// <summary>Measures whenever so many bytes were made, so that a test finds what is in use and not seen then.</summary>
    internal void MeasureEvery(long bytes)
    {
        _measureEveryBytes = bytes;
        _measureAtBytes = Math.Min(_limitBytes, bytes);
    }

    /// <summary>Counts what is about to be made; throws the error that ends a script if there is no room.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Charge(long bytes)
    {
        if ((CountedBytes += bytes) > _measureAtBytes) Reach(bytes);
    }

    /// <summary>What is known to be gone: an array that was replaced by a longer one.</summary>
    public void Discharge(long bytes) => CountedBytes -= bytes;

    /// <summary>What functions of the host work with and no script can reach: buffers. Who catches an error sets it back to what it was.</summary>
    internal long HeldBytes;

    /// <summary>Counts what a function of the host is about to make for itself; <see cref="Release"/> when it is not used any more.</summary>
    internal void Hold(long bytes)
    {
        Charge(bytes);
        HeldBytes += bytes;
    }

    internal void Release(long bytes)
    {
        HeldBytes -= bytes;
        CountedBytes -= bytes;
    }

    /// <summary>What a table does takes steps.</summary>
    internal void Spend(long steps) => _machine.Spend(steps);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Reach(long bytes)
    {
        var living = Measure();
        CountedBytes = living + bytes;
        if (_measureEveryBytes < _limitBytes - CountedBytes) _measureAtBytes = CountedBytes + _measureEveryBytes;
        else _measureAtBytes = _limitBytes;
        if (CountedBytes <= _limitBytes - (_limitBytes >> FreeShift)) return;
        CountedBytes = living;
        throw LuaException.OfMemory();
    }

    /// <summary>Measures what lives, and counts from there.</summary>
    public long Measure() => CountedBytes = Reachability.Measure(_machine) + HeldBytes;

    /// <summary>What an object's address is told as, and what it is hashed by: the order in which somebody asked.</summary>
    internal int IdOf(LuaObject value) => value switch
    {
        LuaTable table => table.Id == 0 ? table.Id = ++_lastId : table.Id,
        LuaFunction function => function.Id == 0 ? function.Id = ++_lastId : function.Id,
        LuaUserData data => data.Id == 0 ? data.Id = ++_lastId : data.Id,
        LuaThread thread => thread.Id == 0 ? thread.Id = ++_lastId : thread.Id,
        _ => 0,
    };
}
