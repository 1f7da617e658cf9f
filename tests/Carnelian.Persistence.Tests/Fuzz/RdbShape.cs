using System.Buffers.Binary;

namespace Carnelian.Tests;

/// <summary>What a part of a file or payload is.</summary>
internal enum PartKind
{
    Type,
    Opcode,

    /// <summary>A length, a count or a number.</summary>
    Length,

    /// <summary>With its length in front.</summary>
    Text,

    /// <summary>Bytes of a fixed number.</summary>
    Fixed,
}

internal readonly record struct Part(int Offset, int Length, PartKind Kind);

/// <summary>
/// Takes files and payloads apart, without help of the code that is tested: where each length, text, type and opcode is. It goes as far as what it reads makes sense.
/// </summary>
internal sealed class RdbShape
{
    private readonly byte[] _bytes;
    private readonly bool _isValkey;
    private int _at;

    private RdbShape(byte[] bytes, int start, bool isValkey)
    {
        _bytes = bytes;
        _at = start;
        _isValkey = isValkey;
    }

    private List<Part> Parts { get; } = [];

    private bool Ended { get; set; }

    /// <param name="bytes">With a footer.</param>
    public static List<Part> OfPayload(byte[] bytes)
    {
        var shape = new RdbShape(bytes, 0, bytes.Length > 10 && bytes[^10] == 80);
        var type = shape.Byte(PartKind.Type);
        shape.Value(type);
        return shape.Parts;
    }

    public static List<Part> OfFile(byte[] bytes)
    {
        var shape = new RdbShape(bytes, 9, bytes.AsSpan().StartsWith("VALKEY"u8));
        while (!shape.Ended && shape._at < bytes.Length) shape.Next();
        return shape.Parts;
    }

    private void Next()
    {
        var opcode = _bytes[_at];
        if (opcode < 243)
        {
            Byte(PartKind.Type);
            Text();
            Value(opcode);
            return;
        }
        Byte(PartKind.Opcode);
        switch (opcode)
        {
            case 255: Ended = true; break;
            case 254: Length(); break;
            case 253: Fixed(4); break;
            case 252: Fixed(8); break;
            case 251: Length(); Length(); break;
            case 250: Text(); Text(); break;
            case 249: Fixed(1); break;
            case 248: Length(); break;
            case 247: Length(); Length(); Length(); Module(); break;
            case 245: Text(); break;
            case 244: Length(); Length(); Length(); break;
            case 243 when _isValkey: Text(); Many(Length(), () => { Length(); Length(); }); break;
            case 243: Many(Length(), () => { Fixed(4); Module(); }); break;
            default: Ended = true; break;
        }
    }

    private void Value(int type)
    {
        switch (type)
        {
            case 0 or (>= 9 and <= 13) or 16 or 17 or 20 or 23: Text(); break;
            case 1 or 2 or 14: Many(Length(), Text); break;
            case 3: Many(Length(), () => { Text(); OldScore(); }); break;
            case 4: Many(Length(), () => { Text(); Text(); }); break;
            case 5: Many(Length(), () => { Text(); Fixed(8); }); break;
            case 7: Length(); Module(); break;
            case 15 or 19 or 21 or 26: Stream(type); break;
            case 18: Many(Length(), () => { Length(); Text(); }); break;
            case 22 when _isValkey: Many(Length(), () => { Text(); Text(); Fixed(8); }); break;
            case 22: Many(Length(), () => { Length(); Text(); Text(); }); break;
            case 24: Fixed(8); Many(Length(), () => { Length(); Text(); Text(); }); break;
            case 25: Fixed(8); Text(); break;
            default: Ended = true; break;
        }
    }

    private void Stream(int type)
    {
        Many(Length(), () => { Text(); Text(); });
        for (var i = type == 15 ? 3 : 8; i > 0; i--) Length();
        Many(Length(), () =>
        {
            Text();
            for (var i = type == 15 ? 2 : 3; i > 0; i--) Length();
            Many(Length(), () => { Fixed(16); Fixed(8); Length(); });
            Many(Length(), () =>
            {
                Text();
                Fixed(type >= 21 ? 16 : 8);
                Many(Length(), () => Fixed(16));
            });
        });
        if (type != 26) return;
        Length();
        Length();
        Many(Length(), () => { Text(); Many(Length(), () => { Text(); Length(); Length(); }); });
        Length();
        Length();
    }

    private void Module()
    {
        while (!Ended)
        {
            switch (Length())
            {
                case 1 or 2: Length(); break;
                case 3: Fixed(4); break;
                case 4: Fixed(8); break;
                case 5: Text(); break;
                default: return;
            }
        }
    }

    private void Many(long count, Action each)
    {
        for (; count > 0 && !Ended; count--) each();
    }

    private void OldScore()
    {
        if (_at < _bytes.Length) Fixed(1 + (_bytes[_at] < 253 ? _bytes[_at] : 0));
    }

    private byte Byte(PartKind kind)
    {
        Add(1, kind);
        return _at > 0 && _at <= _bytes.Length ? _bytes[_at - 1] : (byte)255;
    }

    private void Fixed(int length) => Add(length, PartKind.Fixed);

    private long Length()
    {
        var length = Decoded(_at, out var value, out _);
        Add(length, PartKind.Length);
        return value;
    }

    private void Text()
    {
        var header = Decoded(_at, out var length, out var form);
        if (form is 0 or 1 or 2) Add(1 + (1 << form), PartKind.Text);
        else if (form == 3)
        {
            header = 1 + Decoded(_at + 1, out var compressed, out _);
            header += Decoded(_at + header, out _, out _);
            Add(header + compressed, PartKind.Text);
        }
        else Add(header + length, PartKind.Text);
    }

    private void Add(long length, PartKind kind)
    {
        if (Ended || length <= 0 || length > _bytes.Length - _at)
        {
            Ended = true;
            return;
        }
        Parts.Add(new(_at, (int)length, kind));
        _at += (int)length;
    }

    /// <summary>The bytes that a length takes, and its value.</summary>
    /// <param name="form">How a text is written that is not as it is; -1: as it is.</param>
    private int Decoded(long at, out long value, out int form)
    {
        (value, form) = (-1, -1);
        if (at >= _bytes.Length) return 0;
        var rest = _bytes.AsSpan((int)at);
        var bytes = rest[0] < 0x40 || rest[0] >= 0xc0 ? 1 : rest[0] < 0x80 ? 2 : rest[0] == 0x80 ? 5 : 9;
        if (rest.Length < bytes) return 0;
        if (rest[0] >= 0xc0) form = rest[0] & 0x3f;
        value = bytes switch
        {
            1 => rest[0] & 0x3f,
            2 => BinaryPrimitives.ReadUInt16BigEndian(rest) & 0x3fff,
            5 => BinaryPrimitives.ReadUInt32BigEndian(rest[1..]),
            _ => (long)Math.Min(BinaryPrimitives.ReadUInt64BigEndian(rest[1..]), int.MaxValue),
        };
        return bytes;
    }
}
