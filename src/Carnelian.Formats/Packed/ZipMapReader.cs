using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// Goes through a zipmap (Redis' zipmap.c), in which files up to Redis 2.4 have small hashes, and sees whether it is one, as <see cref="ZipListReader"/> does.
/// <code>| pairs 1, 254: unknown | length 1, or 0xfe and 4 | name … | length | free 1 | value … | free … | … | 0xff |</code>
/// </summary>
public ref struct ZipMapReader
{
    private const int LongLength = 0xfe, UnknownCount = 0xfe;
    private const byte End = 0xff;

    private readonly ReadOnlySpan<byte> _map;
    private int _at = 1;
    private int _read;

    public ZipMapReader(ReadOnlySpan<byte> map)
    {
        _map = map;
        IsDamaged = map.Length < 2 || map[^1] != End;
    }

    /// <summary>It is no zipmap. To be asked when there is no next pair.</summary>
    public bool IsDamaged { get; private set; }

    public ReadOnlySpan<byte> Name { get; private set; }

    public ReadOnlySpan<byte> Value { get; private set; }

    public bool Next()
    {
        if (IsDamaged) return false;
        if (_at == _map.Length - 1)
        {
            IsDamaged = _map[0] < UnknownCount && _map[0] != _read;
            return false;
        }
        IsDamaged = !TryRead();
        return !IsDamaged;
    }

    private bool TryRead()
    {
        if (!TryLength(out var length) || !TryTake(length, out var name) || !TryLength(out length) || !TryTake(1, out var free)) return false;
        if (!TryTake(length, out var value) || !TryTake(free[0], out _)) return false;
        Name = name;
        Value = value;
        _read++;
        return true;
    }

    private bool TryLength(out uint length)
    {
        length = 0;
        if (!TryTake(1, out var first) || first[0] == End) return false;
        length = first[0];
        if (length < LongLength) return true;
        if (!TryTake(4, out var four)) return false;
        length = BinaryPrimitives.ReadUInt32LittleEndian(four);
        return true;
    }

    /// <summary>The mark at the end is no part of any pair.</summary>
    private bool TryTake(uint bytes, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (bytes > (uint)(_map.Length - 1 - _at)) return false;
        taken = _map.Slice(_at, (int)bytes);
        _at += (int)bytes;
        return true;
    }
}
