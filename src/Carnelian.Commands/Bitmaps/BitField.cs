using System.Buffers.Binary;

namespace Carnelian;

/// <summary>An integer of 1 to 64 bits somewhere in a string, the highest bit first.</summary>
internal readonly record struct BitField(long Offset, int Bits, bool IsSigned)
{
    /// <summary>A field touches no more bytes than these, wherever it begins.</summary>
    private const int BytesMax = 9, WindowBytes = 16, WindowBits = 8 * WindowBytes;

    /// <summary>Bits of the window behind the field.</summary>
    private int BitsBehind => WindowBits - Bits - (int)(Offset & 7);

    /// <summary>Beyond the string's end all bits are 0.</summary>
    public long Read(ReadOnlySpan<byte> value)
    {
        Span<byte> window = stackalloc byte[WindowBytes];
        window.Clear();
        BytesOf(value).CopyTo(window);
        var left = (ulong)(BinaryPrimitives.ReadUInt128BigEndian(window) >> BitsBehind) << (64 - Bits);
        return IsSigned ? (long)left >> (64 - Bits) : (long)(left >> (64 - Bits));
    }

    /// <summary>Writes the number's lowest bits; the string is long enough.</summary>
    public void Write(Span<byte> value, long number)
    {
        Span<byte> window = stackalloc byte[WindowBytes];
        window.Clear();
        var bytes = BytesOf(value).Length;
        BytesOf(value).CopyTo(window);
        var mask = (UInt128)(ulong.MaxValue >> (64 - Bits)) << BitsBehind;
        var field = (UInt128)(ulong)number << BitsBehind;
        BinaryPrimitives.WriteUInt128BigEndian(window, (BinaryPrimitives.ReadUInt128BigEndian(window) & ~mask) | (field & mask));
        window[..bytes].CopyTo(value[(int)(Offset >> 3)..]);
    }

    private ReadOnlySpan<byte> BytesOf(ReadOnlySpan<byte> value)
    {
        var first = Offset >> 3;
        return first < value.Length ? value.Slice((int)first, (int)Math.Min(BytesMax, value.Length - first)) : default;
    }

    /// <summary>
    /// Adds to a number and cuts it to the field's range. False when it did not fit; then the sum is what <paramref name="overflow"/> says.
    /// The number itself may be out of range: one to be set. The arithmetic is Redis', with what it makes of numbers far out of range
    /// (bitops.c, checkSignedBitfieldOverflow and checkUnsignedBitfieldOverflow).
    /// </summary>
    public bool TryAdd(long number, long increment, BitFieldOverflow overflow, out long sum)
    {
        unchecked
        {
            sum = number + increment;
            var side = IsSigned ? SideOfSigned(number, increment) : SideOfUnsigned((ulong)number, increment);
            if (side == 0) return true;
            if (overflow != BitFieldOverflow.Saturate) sum = Wrap(sum);
            else if (side > 0) sum = IsSigned ? long.MaxValue >> (64 - Bits) : (long)(ulong.MaxValue >> (64 - Bits));
            else sum = IsSigned ? long.MinValue >> (64 - Bits) : 0;
            return false;
        }
    }

    private long Wrap(long number) => IsSigned ? number << (64 - Bits) >> (64 - Bits) : (long)((ulong)number << (64 - Bits) >> (64 - Bits));

    /// <summary>Above the range: 1; below: -1. A number far below counts as above, as the room up to the maximum overflows first.</summary>
    private int SideOfSigned(long number, long increment)
    {
        unchecked
        {
            var (max, min) = (long.MaxValue >> (64 - Bits), long.MinValue >> (64 - Bits));
            var (roomAbove, roomBelow) = (max - number, min - number);
            if (number > max || (Bits != 64 && increment > roomAbove) || (number >= 0 && increment > 0 && increment > roomAbove)) return 1;
            if (number < min || (Bits != 64 && increment < roomBelow) || (number < 0 && increment < 0 && increment < roomBelow)) return -1;
            return 0;
        }
    }

    private int SideOfUnsigned(ulong number, long increment)
    {
        unchecked
        {
            var max = ulong.MaxValue >> (64 - Bits);
            if (number > max || (increment > 0 && increment > (long)(max - number))) return 1;
            return increment < 0 && increment < -(long)number ? -1 : 0;
        }
    }
}

internal enum BitFieldKind : byte { Get, Set, Increment }

/// <summary>What happens to a number that does not fit into its field.</summary>
internal enum BitFieldOverflow : byte { Wrap, Saturate, Fail }

/// <summary>One operation of BITFIELD.</summary>
internal readonly record struct BitFieldOperation(BitFieldKind Kind, BitFieldOverflow Overflow, BitField Field, long Operand)
{
    /// <summary>The number that the operation leaves in the field; false when it would not fit and OVERFLOW FAIL is set.</summary>
    public bool TryApply(long old, out long updated)
    {
        updated = old;
        return Kind switch
        {
            BitFieldKind.Get => true,
            BitFieldKind.Set => Field.TryAdd(Operand, 0, Overflow, out updated),
            _ => Field.TryAdd(old, Operand, Overflow, out updated),
        } || Overflow != BitFieldOverflow.Fail;
    }
}

/// <summary>Reads the operations of BITFIELD one after the other.</summary>
internal struct BitFieldReader()
{
    private int _next = 2;
    private BitFieldOverflow _overflow;

    /// <summary>False at the end, or when the call has failed.</summary>
    public bool TryNext(ref Call call, out BitFieldOperation operation)
    {
        operation = default;
        while (_next < call.Args.Count && IsWord(ref call, "overflow"u8, operands: 1))
        {
            if (!TryReadOverflow(ref call)) return false;
            _next += 2;
        }
        if (_next >= call.Args.Count) return false;

        BitFieldKind kind;
        if (IsWord(ref call, "get"u8, operands: 2)) kind = BitFieldKind.Get;
        else if (IsWord(ref call, "set"u8, operands: 3)) kind = BitFieldKind.Set;
        else if (IsWord(ref call, "incrby"u8, operands: 3)) kind = BitFieldKind.Increment;
        else
        {
            call.FailSyntax();
            return false;
        }
        if (!TryReadType(ref call, _next + 1, out var isSigned, out var bits)) return false;
        if (!BitOffset.TryReadOfField(ref call, _next + 2, bits, out var offset)) return false;
        var operand = 0L;
        if (kind != BitFieldKind.Get && !call.TryInteger(_next + 3, out operand)) return false;
        operation = new(kind, _overflow, new(offset, bits, isSigned), operand);
        _next += kind == BitFieldKind.Get ? 3 : 4;
        return true;
    }

    /// <summary>Whether the next argument is that word and enough arguments follow.</summary>
    private readonly bool IsWord(ref Call call, ReadOnlySpan<byte> word, int operands) => call.Args.Count - _next > operands && call.Is(_next, word);

    private bool TryReadOverflow(ref Call call)
    {
        var argument = _next + 1;
        if (call.Is(argument, "wrap"u8)) _overflow = BitFieldOverflow.Wrap;
        else if (call.Is(argument, "sat"u8)) _overflow = BitFieldOverflow.Saturate;
        else if (call.Is(argument, "fail"u8)) _overflow = BitFieldOverflow.Fail;
        else call.Fail("ERR Invalid OVERFLOW type specified");
        return !call.Failed;
    }

    /// <summary>"i" and 1 to 64 or "u" and 1 to 63 bits; a reply has no room for 64 without a sign. What follows a zero byte does not count.</summary>
    private static bool TryReadType(ref Call call, int argument, out bool isSigned, out int bits)
    {
        var text = ByteText.UpToNul(call.Args[argument]);
        isSigned = text is [(byte)'i', ..];
        bits = 0;
        if ((isSigned || text is [(byte)'u', ..]) && IntegerText.TryParse(text[1..], out var number) && number >= 1 && number <= (isSigned ? 64 : 63))
        {
            bits = (int)number;
            return true;
        }
        call.Fail("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.");
        return false;
    }
}
