namespace Carnelian;

/// <summary>
/// A message as RESP, on its way to all who are to get it: a short one is copied into each output, a longer one is stored once for each version of RESP, and
/// referred to. The versions differ in the first byte.
/// </summary>
internal ref struct Message(ReadOnlySpan<byte> kind, ReadOnlySpan<byte> pattern, ReadOnlySpan<byte> channel, ReadOnlySpan<byte> text)
{
    /// <summary>Longer ones are referred to.</summary>
    public const int CopiedBytesMax = 1024;

    private readonly ReadOnlySpan<byte> _kind = kind, _pattern = pattern, _channel = channel, _text = text;
    private Span<byte> _copied;
    private int _length;
    private SharedBlock? _resp2, _resp3;

    /// <summary>Only "pmessage" names the pattern that matched.</summary>
    private readonly bool HasPattern => _kind[0] == 'p';

    /// <summary>False when it is longer than a block can be, 2 GB: then nobody gets it.</summary>
    /// <param name="room">Of <see cref="CopiedBytesMax"/> bytes, for a short one.</param>
    public bool Encode(Span<byte> room)
    {
        var length = 4 + BulkBytes(_kind) + BulkBytes(_channel) + BulkBytes(_text) + (HasPattern ? BulkBytes(_pattern) : 0);
        if (length > Array.MaxLength) return false;
        _length = (int)length;
        if (_length > CopiedBytesMax) return true;
        _copied = room[.._length];
        Write(_copied, RespVersion.Resp2);
        return true;
    }

    /// <param name="chunks">Where a long one is stored.</param>
    public void PushTo(Client client, OutputChunks chunks)
    {
        if (_copied.IsEmpty)
        {
            client.Push(Share(chunks, client.Version));
            return;
        }
        _copied[0] = TypeOf(client.Version);
        client.Push(_copied);
    }

    /// <summary>It has been given to all.</summary>
    public readonly void Release()
    {
        _resp2?.Release();
        _resp3?.Release();
    }

    private SharedBlock Share(OutputChunks chunks, RespVersion version)
    {
        if ((version == RespVersion.Resp3 ? _resp3 : _resp2) is { } stored) return stored;
        var block = chunks.Share(_length);
        Write(block.Room, version);
        if (version == RespVersion.Resp3) _resp3 = block;
        else _resp2 = block;
        return block;
    }

    private static byte TypeOf(RespVersion version) => version == RespVersion.Resp3 ? (byte)'>' : (byte)'*';

    private readonly void Write(Span<byte> room, RespVersion version)
    {
        room[0] = TypeOf(version);
        room[1] = HasPattern ? (byte)'4' : (byte)'3';
        "\r\n"u8.CopyTo(room[2..]);
        room = WriteBulk(room[4..], _kind);
        if (HasPattern) room = WriteBulk(room, _pattern);
        room = WriteBulk(room, _channel);
        room = WriteBulk(room, _text);
        Check.That(room.IsEmpty);
    }

    /// <summary>'$', the length, a line's end, the bytes, a line's end.</summary>
    private static Span<byte> WriteBulk(Span<byte> room, ReadOnlySpan<byte> bytes)
    {
        room[0] = (byte)'$';
        room = room[(1 + IntegerText.Format(bytes.Length, room[1..]))..];
        "\r\n"u8.CopyTo(room);
        bytes.CopyTo(room[2..]);
        "\r\n"u8.CopyTo(room[(2 + bytes.Length)..]);
        return room[(4 + bytes.Length)..];
    }

    private static long BulkBytes(ReadOnlySpan<byte> bytes)
    {
        var digits = 1;
        for (var left = bytes.Length; left >= 10; left /= 10) digits++;
        return 5L + digits + bytes.Length;
    }
}
