using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Carnelian;

/// <summary>
/// A longest common subsequence of two strings, 64 cells of the classic matrix L at a time (Hyyrö, "Bit-parallel LCS-length computation revisited", 2004).
/// The longer string lies along the bits. A row is kept as the differences between neighbours, one bit each: a zero where L grows.
/// The next row is a sum, whose carries are the differences from row to row.
/// <para>
/// The way back through the matrix is that of Redis: equal bytes lead to the cell before both. Otherwise the way goes to the larger neighbour, and in
/// a tie to the one that drops a byte of the second string. So one bit per cell is enough to find it, where Redis keeps 32.
/// </para>
/// It must be disposed of before the next edit of either string.
/// </summary>
public unsafe ref struct CommonSubsequence
{
    private const int WordBits = 64;

    private readonly BlockAllocator _allocator;
    private readonly ReadOnlySpan<byte> _long, _short;
    private readonly bool _isFirstLong;
    private readonly int _words;

    /// <summary>For each byte of the shorter string a row of bits: where the way back, coming from the right, stops. Null if it is not wanted.</summary>
    private ulong* _stops;
    private int _longLeft, _shortLeft;

    /// <exception cref="OutOfMemoryException">There is no room for one bit per cell, which only the way back needs.</exception>
    public CommonSubsequence(BlockAllocator allocator, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, bool withRuns)
    {
        _allocator = allocator;
        _isFirstLong = first.Length > second.Length;
        _long = _isFirstLong ? first : second;
        _short = _isFirstLong ? second : first;
        _words = (int)(((long)_long.Length + WordBits - 1) / WordBits);
        if (_short.IsEmpty) return;
        // Behind the row: the last bytes of the longer string, filled up to a word of bits.
        var rowBytes = (nint)_words * sizeof(ulong) + WordBits;
        var row = (ulong*)allocator.Allocate(rowBytes, Purpose.Other);
        try
        {
            if (withRuns) _stops = (ulong*)allocator.Allocate(StopsBytes, Purpose.Other);
            Length = Compute(row);
        }
        finally
        {
            allocator.Free((byte*)row, rowBytes, Purpose.Other);
        }
        Rewind();
    }

    /// <summary>Bytes in common.</summary>
    public int Length { get; }

    private readonly nint StopsBytes => (nint)_short.Length * _words * sizeof(ulong);

    // ---- forward

    private readonly int Compute(ulong* row)
    {
        new Span<ulong>(row, _words).Fill(ulong.MaxValue);
        var end = new Span<byte>(row + _words, WordBits);
        end.Clear();
        _long[(_long.Length / WordBits * WordBits)..].CopyTo(end);
        for (var i = 0; i < _short.Length; i++)
        {
            var stops = _stops == null ? null : _stops + (nint)i * _words;
            if (stops == null) NextRow<LengthOnly>(row, _short[i], null);
            else if (_isFirstLong) NextRow<FirstIsLong>(row, _short[i], stops);
            else NextRow<SecondIsLong>(row, _short[i], stops);
        }
        var length = 0;
        for (var i = 0; i < _words; i++) length += BitOperations.PopCount(~row[i]);
        return length;
    }

    private readonly void NextRow<TStops>(ulong* row, byte value, ulong* stops) where TStops : struct, IStops
    {
        var full = _long.Length / WordBits;
        var sought = Vector256.Create(value);
        var carry = 0UL;
        fixed (byte* text = _long)
        {
            for (var i = 0; i < full; i++) NextWord<TStops>(row + i, Equal(text + (nint)i * WordBits, sought), ref carry, stops + i);
        }
        if (full == _words) return;
        var inside = (1UL << (_long.Length % WordBits)) - 1;
        NextWord<TStops>(row + full, Equal((byte*)(row + _words), sought) & inside, ref carry, stops + full);
    }

    /// <summary>A bit for each of 64 bytes: whether it is the one asked for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Equal(byte* text, Vector256<byte> sought) =>
        Vector256.Equals(Vector256.Load(text), sought).ExtractMostSignificantBits()
        | (ulong)Vector256.Equals(Vector256.Load(text + 32), sought).ExtractMostSignificantBits() << 32;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void NextWord<TStops>(ulong* row, ulong equal, ref ulong carry, ulong* stops) where TStops : struct, IStops
    {
        var old = *row;
        var both = old & equal;
        var partial = old + both;
        var sum = partial + carry;
        var carryIn = sum ^ old ^ both;
        carry = (partial < old ? 1UL : 0) | (sum < partial ? 1UL : 0);
        var next = sum | (old & ~equal);
        *row = next;
        if (typeof(TStops) != typeof(LengthOnly)) *stops = equal | TStops.Of(next, (carryIn >> 1) | (carry << 63));
    }

    /// <summary>Where, besides at equal bytes, the way back leaves a row of the shorter string.</summary>
    private interface IStops
    {
        /// <param name="flat">Ones where L does not grow along the row.</param>
        /// <param name="grown">Ones where L has grown since the row before.</param>
        static abstract ulong Of(ulong flat, ulong grown);
    }

    private readonly struct LengthOnly : IStops
    {
        public static ulong Of(ulong flat, ulong grown) => 0;
    }

    /// <summary>The way goes along the second string as long as that loses nothing, and that is so where L does not grow along it.</summary>
    private readonly struct SecondIsLong : IStops
    {
        public static ulong Of(ulong flat, ulong grown) => ~flat;
    }

    /// <summary>The way goes from row to row, each a byte of the second string, where L has not grown with that.</summary>
    private readonly struct FirstIsLong : IStops
    {
        public static ulong Of(ulong flat, ulong grown) => ~grown;
    }

    // ---- back

    /// <summary>Lets <see cref="NextRun"/> begin again.</summary>
    public void Rewind() => (_longLeft, _shortLeft) = (_long.Length, _short.Length);

    /// <summary>Finds the next run of bytes that both strings share, from the ends to the beginnings. False when there are no more.</summary>
    public bool NextRun(out CommonRun run)
    {
        run = default;
        while (_shortLeft > 0 && FindStop())
        {
            if (_long[_longLeft - 1] != _short[_shortLeft - 1])
            {
                _shortLeft--;
                continue;
            }
            var length = 0;
            do
            {
                length++;
                _longLeft--;
                _shortLeft--;
            }
            while (_longLeft > 0 && _shortLeft > 0 && _long[_longLeft - 1] == _short[_shortLeft - 1]);
            run = _isFirstLong ? new(_longLeft, _shortLeft, length) : new(_shortLeft, _longLeft, length);
            return true;
        }
        return false;
    }

    /// <summary>Goes along the present row to the next stop, if there is one before its beginning.</summary>
    private bool FindStop()
    {
        if (_longLeft == 0) return false;
        Check.That(_stops != null);
        var row = _stops + (nint)(_shortLeft - 1) * _words;
        var word = (_longLeft - 1) / WordBits;
        var stops = row[word] & (ulong.MaxValue >> (WordBits - 1 - (_longLeft - 1) % WordBits));
        while (stops == 0 && word > 0) stops = row[--word];
        _longLeft = stops == 0 ? 0 : word * WordBits + BitOperations.Log2(stops) + 1;
        return stops != 0;
    }

    public void Dispose()
    {
        if (_stops != null) _allocator.Free((byte*)_stops, StopsBytes, Purpose.Other);
        _stops = null;
    }
}

/// <summary>A run of bytes that is the same in two strings: its position in each, and its length.</summary>
public readonly record struct CommonRun(int First, int Second, int Length);
