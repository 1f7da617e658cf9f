using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// Reads what <see cref="RdbOutput"/> writes, from memory or from a file a chunk at a time, and never beyond the end. Nothing is thrown: what is wrong is kept with its offset
/// (<see cref="Error"/>), and every method answers false from there on. No more memory is taken than what is read has bytes, or LZF can make of them.
/// </summary>
public ref struct RdbReader
{
    /// <summary>A string across chunks is put together in steps, so that a wrong length alone takes no memory.</summary>
    private const int StepBytes = 1 << 20;

    /// <summary>No string is longer: with what is kept beside one, its block's size is an int.</summary>
    public const int StringBytesMax = int.MaxValue - 64;

    /// <summary>What two bytes of LZF stand for at most, or three.</summary>
    private const int ExpansionMax = 264 / 3;

    private readonly RdbSource? _source;
    private ReadOnlySpan<byte> _window;
    private int _at;

    /// <summary>Of the window's first byte in the whole.</summary>
    private long _windowOffset;

    /// <summary>Gets what is read as it is, from a place in the window on.</summary>
    private RdbBuffer? _copy;
    private int _copyFrom;

    public RdbReader(ReadOnlySpan<byte> whole) => _window = whole;

    /// <summary>Goes on where the last reader of the source was when it paused.</summary>
    public RdbReader(RdbSource source)
    {
        _source = source;
        _window = source.Rest;
        _windowOffset = source.Consumed;
    }

    /// <summary>Lets another reader go on here, at another time.</summary>
    public void Pause()
    {
        if (_source is null) return;
        Check.That(_copy is null || Error is not null);
        _window = _source.Refill(_at, 0);
        _windowOffset = _source.Consumed;
        _at = 0;
    }

    /// <summary>Where reading goes on, from the beginning of the whole.</summary>
    public readonly long Offset => _windowOffset + _at;

    /// <summary>Bytes that follow; if that is not known, <see cref="long.MaxValue"/>.</summary>
    public readonly long Left => _source is null ? _window.Length - _at : _source.Length == long.MaxValue ? long.MaxValue : Math.Max(0, _source.Length - Offset);

    /// <summary>What is wrong, or null.</summary>
    public string? Error { get; private set; }

    /// <summary>Where it is wrong.</summary>
    public long ErrorOffset { get; private set; }

    /// <summary>What is wrong is that there is less than there should be.</summary>
    public bool EndsEarly { get; private set; }

    /// <summary>Keeps what is wrong, if nothing was before, and answers false.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool Fail(string error) => Fail(error, Offset);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool Fail(string error, long offset)
    {
        if (Error is not null) return false;
        Error = _source?.Failure ?? error;
        ErrorOffset = offset;
        return false;
    }

    /// <summary>Adds to what is wrong in which part of the whole it is.</summary>
    public void NameCulprit(string part)
    {
        if (Error is not null && _source?.Failure is null) Error += part;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool FailShort(string error = "unexpected end")
    {
        EndsEarly |= Error is null && _source?.Failure is null;
        return Fail(error);
    }

    /// <summary>Has so many bytes lie in the window, if a window can have them.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool Has(int bytes) => _window.Length - _at >= bytes ? Error is null : Refill(bytes);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool Refill(int bytes)
    {
        if (Error is not null) return false;
        if (_source is not null)
        {
            if (_copy is not null && !TryCopy()) return false;
            _window = _source.Refill(_at, bytes);
            _windowOffset = _source.Consumed;
            _at = _copyFrom = 0;
        }
        return _window.Length - _at >= bytes || FailShort();
    }

    // ---- what is kept as it is

    /// <summary>From here on all that is read goes into a buffer, too, byte for byte, until <see cref="TryEndCopy"/>.</summary>
    public void BeginCopy(RdbBuffer to)
    {
        to.Clear();
        (_copy, _copyFrom) = (to, _at);
    }

    public bool TryEndCopy()
    {
        var isCopied = TryCopy();
        _copy = null;
        return isCopied;
    }

    private bool TryCopy()
    {
        if (_copy!.Written.Length + (long)(_at - _copyFrom) > StringBytesMax) return Fail("a value is too long to be kept");
        _copy.Bytes(_window[_copyFrom.._at]);
        _copyFrom = _at;
        return Error is null;
    }

    public bool TryByte(out byte value)
    {
        value = 0;
        if (!Has(1)) return false;
        value = _window[_at++];
        return true;
    }

    /// <summary>So many bytes, no more than a chunk has, until the next is read.</summary>
    public bool TryBytes(int bytes, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!Has(bytes)) return false;
        value = _window.Slice(_at, bytes);
        _at += bytes;
        return true;
    }

    public bool TryMilliseconds(out long value)
    {
        value = TryBytes(sizeof(long), out var bytes) ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;
        return Error is null;
    }

    public bool TrySeconds(out int value)
    {
        value = TryBytes(sizeof(int), out var bytes) ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : 0;
        return Error is null;
    }

    public bool TryBigEndian(out ulong value)
    {
        value = TryBytes(sizeof(ulong), out var bytes) ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : 0;
        return Error is null;
    }

    public bool TryDouble(out double value)
    {
        value = TryMilliseconds(out var bits) ? BitConverter.Int64BitsToDouble(bits) : 0;
        return Error is null;
    }

    /// <summary>A double as text: its length or, instead, 253 for no number and 254 and 255 for the infinite ones.</summary>
    public bool TryDoubleText(out double value)
    {
        value = 0;
        var offset = Offset;
        if (!TryByte(out var length)) return false;
        value = length switch { 253 => double.NaN, 254 => double.PositiveInfinity, 255 => double.NegativeInfinity, _ => 0 };
        if (length >= 253) return true;
        if (!TryBytes(length, out var text)) return false;
        return DoubleText.TryParse(text, out value) || Fail("a score is no number", offset);
    }

    // ---- lengths

    public bool TryLength(out ulong length)
    {
        var offset = Offset;
        return TryLength(out length, out var isEncoded) && (!isEncoded || Fail("unexpected encoding in place of a length", offset));
    }

    /// <summary>A number of things that follow, of which each takes some bytes: more than there can be is refused.</summary>
    public bool TryCount(out long count, int bytesEach)
    {
        count = 0;
        var offset = Offset;
        if (!TryLength(out ulong length)) return false;
        if (length > (ulong)(Left / bytesEach)) return FailShort("more elements than bytes");
        count = (long)length;
        return true;
    }

    /// <param name="isEncoded">The string that follows is not written as it is; the length is its form.</param>
    private bool TryLength(out ulong length, out bool isEncoded)
    {
        length = 0;
        isEncoded = false;
        if (!Has(1)) return false;
        var first = _window[_at];
        if (first < 1 << 6)
        {
            length = first;
            _at++;
            return true;
        }
        return TryLongLength(first, out length, out isEncoded);
    }

    private bool TryLongLength(byte first, out ulong length, out bool isEncoded)
    {
        length = 0;
        isEncoded = first >= 0xc0;
        var bytes = first >= 0xc0 ? 1 : first < 0x80 ? 2 : first == 0x80 ? 5 : first == 0x81 ? 9 : 0;
        if (bytes == 0) return Fail("unknown encoding of a length");
        _at++;
        if (!TryBytes(bytes - 1, out var read)) return false;
        length = bytes switch
        {
            1 => (uint)first & 0x3f,
            2 => ((uint)first & 0x3f) << 8 | read[0],
            5 => BinaryPrimitives.ReadUInt32BigEndian(read),
            _ => BinaryPrimitives.ReadUInt64BigEndian(read),
        };
        return true;
    }

    // ---- strings

    /// <summary>A string, where it lies or in the scratch memory, until the next is read.</summary>
    public bool TryString(RdbScratch scratch, out ReadOnlySpan<byte> text) => TryString(scratch, out text, isKept: false);

    /// <summary>As <see cref="TryString(RdbScratch, out ReadOnlySpan{byte})"/>, until the scratch memory is used again, whatever is read meanwhile.</summary>
    public bool TryKeptString(RdbScratch scratch, out ReadOnlySpan<byte> text) => TryString(scratch, out text, isKept: _source is not null);

    private bool TryString(RdbScratch scratch, out ReadOnlySpan<byte> text, bool isKept)
    {
        text = default;
        var offset = Offset;
        if (!TryLength(out var length, out var isEncoded)) return false;
        if (isEncoded) return TryEncoded(scratch, length, offset, out text);
        if (length > (ulong)Left) return FailShort("a string is longer than what is left");
        if (length > StringBytesMax) return Fail("a string is too long", offset);
        var bytes = (int)length;
        if (_source is not null && bytes > _source.ChunkBytes) return TryAcross(scratch, bytes, out text);
        if (!TryBytes(bytes, out text)) return false;
        if (!isKept) return true;
        var kept = scratch.Take(bytes);
        text.CopyTo(kept);
        text = kept;
        return true;
    }

    /// <summary>Puts together a string that is longer than a chunk.</summary>
    private bool TryAcross(RdbScratch scratch, int bytes, out ReadOnlySpan<byte> text)
    {
        text = default;
        var room = scratch.Take(Math.Min(bytes, StepBytes));
        for (var read = 0; read < bytes;)
        {
            if (!Has(1)) return false;
            if (read == room.Length) room = scratch.Grow((int)Math.Min(bytes, 2L * room.Length), read);
            var part = Math.Min(Math.Min(_window.Length - _at, room.Length - read), bytes - read);
            _window.Slice(_at, part).CopyTo(room[read..]);
            _at += part;
            read += part;
        }
        text = room[..bytes];
        return true;
    }

    private bool TryEncoded(RdbScratch scratch, ulong form, long offset, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (form == 3) return TryCompressed(scratch, offset, out text);
        if (form > 3) return Fail("unknown encoding of a string", offset);
        if (!TryBytes(1 << (int)form, out var bytes)) return false;
        long value = form switch { 0 => (sbyte)bytes[0], 1 => BinaryPrimitives.ReadInt16LittleEndian(bytes), _ => BinaryPrimitives.ReadInt32LittleEndian(bytes) };
        var digits = scratch.Take(IntegerText.LengthMax);
        text = digits[..IntegerText.Format(value, digits)];
        return true;
    }

    private bool TryCompressed(RdbScratch scratch, long offset, out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!TryLength(out ulong compressed) || !TryLength(out ulong length)) return false;
        if (compressed > (ulong)Left) return FailShort("a string is longer than what is left");
        if (compressed > StringBytesMax || length > StringBytesMax) return Fail("a string is too long", offset);
        if (length > compressed * ExpansionMax) return Fail("a compressed string cannot have its length", offset);
        ReadOnlySpan<byte> lzf;
        if (_source is not null && (int)compressed > _source.ChunkBytes)
        {
            // Rare: a scratch memory of its own.
            if (!TryAcross(new RdbScratch(), (int)compressed, out lzf)) return false;
        }
        else if (!TryBytes((int)compressed, out lzf)) return false;
        var expanded = scratch.Take((int)length);
        if (!Lzf.TryDecompress(lzf, expanded)) return Fail("a compressed string is damaged", offset);
        text = expanded;
        return true;
    }

    /// <summary>The checksum of all that was read of a file so far.</summary>
    public readonly ulong Checksum => _source is null ? Crc64.Of(_window[.._at]) : _source.Sum(_at);
}
