using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// Writes what RDB files and DUMP payloads consist of: lengths, strings, numbers. Used by one thread at a time. What becomes of the bytes the derived class says.
/// <code>
/// length: 00 and 6 bits | 01 and 14 bits | 0x80 and 32 bits | 0x81 and 64 bits; the higher byte first
/// string: length, bytes … | 0xc0, 8 bits | 0xc1, 16 bits | 0xc2, 32 bits; the lower byte first | 0xc3, length of the LZF, length, LZF …
/// </code>
/// </summary>
public abstract class RdbOutput(int bytes)
{
    /// <summary>Of a length.</summary>
    private const int LengthBytesMax = 9;

    /// <summary>Longer strings are not tried as integers.</summary>
    private const int IntegerTextMax = 11;

    /// <summary>Shorter ones LZF cannot make shorter; and it must win four bytes.</summary>
    private const int CompressFrom = 21, WinMin = 4;

    private LzfTable? _lzfTable;
    private byte[] _compressed = [];

    /// <summary>Strings are compressed where that makes them shorter (rdbcompression).</summary>
    public bool Compresses { get; set; } = true;

    /// <summary>The longest string that is compressed.</summary>
    public int CompressedBytesMax { get; init; } = int.MaxValue;

    protected byte[] Buffer = new byte[bytes];

    protected int Used;

    /// <summary>Makes room for so many bytes more, no more than <see cref="LengthBytesMax"/>.</summary>
    protected abstract void MakeRoom(int bytes);

    private Span<byte> Room(int bytes)
    {
        if (Buffer.Length - Used < bytes) MakeRoom(bytes);
        return Buffer.AsSpan(Used);
    }

    public void Byte(byte value)
    {
        Room(1)[0] = value;
        Used++;
    }

    public abstract void Bytes(ReadOnlySpan<byte> bytes);

    public void Type(RdbType type) => Byte((byte)type);

    public void Opcode(RdbOpcode opcode) => Byte((byte)opcode);

    public void Length(long length) => Length((ulong)length);

    public void Length(ulong length)
    {
        var to = Room(LengthBytesMax);
        switch (length)
        {
            case < 1 << 6:
                to[0] = (byte)length;
                Used++;
                break;
            case < 1 << 14:
                BinaryPrimitives.WriteUInt16BigEndian(to, (ushort)(length | 0x4000));
                Used += 2;
                break;
            case <= uint.MaxValue:
                to[0] = 0x80;
                BinaryPrimitives.WriteUInt32BigEndian(to[1..], (uint)length);
                Used += 5;
                break;
            default:
                to[0] = 0x81;
                BinaryPrimitives.WriteUInt64BigEndian(to[1..], length);
                Used += LengthBytesMax;
                break;
        }
    }

    /// <summary>64 bits, the lower byte first: a time in Unix milliseconds.</summary>
    public void Milliseconds(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(Room(sizeof(long)), value);
        Used += sizeof(long);
    }

    /// <summary>64 bits, the higher byte first: half of a stream's ID.</summary>
    public void BigEndian(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Room(sizeof(ulong)), value);
        Used += sizeof(ulong);
    }

    /// <summary>A score.</summary>
    public void Double(double value) => Milliseconds(BitConverter.DoubleToInt64Bits(value));

    /// <summary>A string in the shortest form: as an integer, compressed, or as it is.</summary>
    public void String(ReadOnlySpan<byte> text)
    {
        if (text.Length <= IntegerTextMax && TryInteger(text)) return;
        if (Compresses && text.Length >= CompressFrom && text.Length <= CompressedBytesMax && TryCompress(text)) return;
        Length(text.Length);
        Bytes(text);
    }

    private bool TryInteger(ReadOnlySpan<byte> text)
    {
        if (text.IsEmpty || text[0] > '9' || !IntegerText.TryParse(text, out var value) || value != (int)value) return false;
        var to = Room(LengthBytesMax);
        BinaryPrimitives.WriteInt32LittleEndian(to[1..], (int)value);
        var form = value == (sbyte)value ? 0 : value == (short)value ? 1 : 2;
        to[0] = (byte)(0xc0 | form);
        Used += 1 + (1 << form);
        return true;
    }

    private bool TryCompress(ReadOnlySpan<byte> text)
    {
        var room = text.Length - WinMin;
        if (_compressed.Length < room) _compressed = new byte[Math.Max(room, Math.Min(2 * _compressed.Length, Array.MaxLength))];
        var length = Lzf.Compress(text, _compressed.AsSpan(0, room), _lzfTable ??= new());
        if (length == 0) return false;
        Compressed(_compressed.AsSpan(0, length), text.Length);
        return true;
    }

    /// <summary>A string that is compressed already.</summary>
    /// <param name="length">Of what was compressed.</param>
    public void Compressed(ReadOnlySpan<byte> lzf, int length)
    {
        Byte(0xc3);
        Length(lzf.Length);
        Length(length);
        Bytes(lzf);
    }
}

/// <summary>Counts what is written, and keeps nothing.</summary>
public sealed class RdbCounter() : RdbOutput(RoomBytes)
{
    private const int RoomBytes = 64;

    private long _dropped;

    public long Written => _dropped + Used;

    protected override void MakeRoom(int bytes)
    {
        _dropped += Used;
        Used = 0;
    }

    public override void Bytes(ReadOnlySpan<byte> bytes) => _dropped += bytes.Length;
}

/// <summary>Keeps all that is written, for a DUMP payload. Used again and again; after a large one it gives the memory up.</summary>
public sealed class RdbBuffer() : RdbOutput(FirstBytes)
{
    private const int FirstBytes = 1024, KeptBytesMax = 1 << 20;

    public ReadOnlySpan<byte> Written => Buffer.AsSpan(0, Used);

    public void Clear()
    {
        if (Buffer.Length > KeptBytesMax) Buffer = new byte[FirstBytes];
        Used = 0;
    }

    protected override void MakeRoom(int bytes) =>
        Array.Resize(ref Buffer, (int)Math.Min(Math.Max(Used + (long)bytes, 2L * Buffer.Length), Math.Max(Array.MaxLength, Used + (long)bytes)));

    public override void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (Buffer.Length - Used < bytes.Length) MakeRoom(bytes.Length);
        bytes.CopyTo(Buffer.AsSpan(Used));
        Used += bytes.Length;
    }
}
