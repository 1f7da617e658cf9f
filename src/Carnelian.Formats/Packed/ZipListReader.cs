using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// Goes through a ziplist (Redis' ziplist.c), in which older files have small collections, and sees whether it is one: nothing is read beyond its end. Nothing writes them any more.
/// <code>
/// | bytes 4 | offset of the last element 4 | elements 2, 65535: unknown | element … | 0xff |
/// element: | length of the one before: 1, or 0xfe and 4 | form and, in its bits, a small integer or a length | bytes … |
/// </code>
/// </summary>
public ref struct ZipListReader
{
    private const int HeaderBytes = 10, LongLength = 0xfe, UnknownCount = ushort.MaxValue;
    private const byte End = 0xff;

    private readonly ReadOnlySpan<byte> _list;
    private int _at = HeaderBytes;
    private int _last = HeaderBytes;
    private int _lengthBefore;
    private int _read;

    public ZipListReader(ReadOnlySpan<byte> list)
    {
        _list = list;
        IsDamaged = list.Length <= HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(list) != list.Length || list[^1] != End;
    }

    /// <summary>It is no ziplist. To be asked when there is no next element.</summary>
    public bool IsDamaged { get; private set; }

    public bool IsInteger { get; private set; }

    public long Integer { get; private set; }

    public ReadOnlySpan<byte> Text { get; private set; }

    public bool Next()
    {
        if (IsDamaged) return false;
        if (_at == _list.Length - 1)
        {
            var count = BinaryPrimitives.ReadUInt16LittleEndian(_list[8..]);
            IsDamaged = BinaryPrimitives.ReadUInt32LittleEndian(_list[4..]) != _last || count != UnknownCount && count != _read;
            return false;
        }
        IsDamaged = !TryRead();
        return !IsDamaged;
    }

    private bool TryRead()
    {
        // The mark at the end is no part of any element.
        var rest = _list[_at..^1];
        var before = (int)rest[0];
        var prefix = 1;
        if (before == End) return false;
        if (before == LongLength)
        {
            prefix = 5;
            if (rest.Length < prefix) return false;
            before = BinaryPrimitives.ReadInt32LittleEndian(rest[1..]);
        }
        if (before != _lengthBefore || rest.Length == prefix || !TryReadBody(rest[prefix..], out var body)) return false;
        _last = _at;
        _lengthBefore = prefix + body;
        _at += _lengthBefore;
        _read++;
        return true;
    }

    private bool TryReadBody(ReadOnlySpan<byte> body, out int bytes)
    {
        var form = body[0];
        IsInteger = form >= 0xc0;
        bytes = form switch
        {
            < 0x40 => 1, < 0x80 => 2, < 0xc0 => 5,
            0xc0 => 3, 0xd0 => 5, 0xe0 => 9, 0xf0 => 4, 0xfe => 2, >= 0xf1 and <= 0xfd => 1,
            _ => int.MaxValue,
        };
        if (body.Length < bytes) return false;
        if (IsInteger)
        {
            Integer = form switch
            {
                0xc0 => BinaryPrimitives.ReadInt16LittleEndian(body[1..]),
                0xd0 => BinaryPrimitives.ReadInt32LittleEndian(body[1..]),
                0xe0 => BinaryPrimitives.ReadInt64LittleEndian(body[1..]),
                0xf0 => (BinaryPrimitives.ReadUInt16LittleEndian(body[1..]) | (sbyte)body[3] << 16),
                0xfe => (sbyte)body[1],
                _ => (form & 0x0f) - 1,
            };
            return true;
        }
        var length = form switch
        {
            < 0x40 => (uint)form,
            < 0x80 => BinaryPrimitives.ReadUInt16BigEndian(body) & 0x3fffu,
            _ => BinaryPrimitives.ReadUInt32BigEndian(body[1..]),
        };
        if (length > (uint)(body.Length - bytes)) return false;
        Text = body.Slice(bytes, (int)length);
        bytes += (int)length;
        return true;
    }
}
