using System.Buffers.Binary;

namespace Carnelian;

/// <summary>
/// LZF, Marc Lehmann's compression (liblzf 3.6), as RDB files hold it. The choices of what to refer back to are those of Redis' build, so that the same
/// string is as long in both servers' files.
/// <code>
/// 000LLLLL                    L+1 literal bytes follow
/// LLLooooo oooooooo           L+2 bytes from o+1 bytes back, L from 1 to 6
/// 111ooooo LLLLLLLL oooooooo  L+9 bytes from o+1 bytes back
/// </code>
/// </summary>
public static class Lzf
{
    internal const int HashBits = 16;
    private const int LiteralsMax = 1 << 5, OffsetMax = 1 << 13, LengthMax = (1 << 8) + (1 << 3);

    /// <summary>Returns the compressed length, or 0 when it does not fit into the output.</summary>
    public static int Compress(ReadOnlySpan<byte> input, Span<byte> output) => Compress(input, output, new LzfTable());

    /// <inheritdoc cref="Compress(ReadOnlySpan{byte}, Span{byte})"/>
    /// <param name="table">Used again and again by who compresses often.</param>
    public static int Compress(ReadOnlySpan<byte> input, Span<byte> output, LzfTable table)
    {
        if (input.Length < 3 || output.IsEmpty) return 0;
        if (input.Length <= LzfRepeats.LengthMax && output.Length <= input.Length && !LzfRepeats.Has(input)) return 0;
        var seen = table.Begin(input.Length, out var start);
        var run = new LiteralRun { End = 1 };
        var at = 0;
        while (at < input.Length - 2)
        {
            ref var slot = ref seen[Hash(input, at)];
            var from = slot - start;
            slot = start + at;
            if (from <= 0 || at - from > OffsetMax || !input.Slice(from, 3).SequenceEqual(input.Slice(at, 3)))
            {
                if (run.End >= output.Length) return 0;
                run.Add(output, input[at++]);
                continue;
            }
            // Room for the reference and the head of the next run; an empty run's head is given up.
            if (run.End + 4 >= output.Length && run.End - (run.Count == 0 ? 1 : 0) + 4 >= output.Length) return 0;
            run.Close(output);
            var length = MatchLength(input, from, at);
            run.End += WriteReference(output[run.End..], at - from - 1, length - 2);
            run.Open();
            at += length;
            if (at >= input.Length - 2) break;
            seen[Hash(input, at - 2)] = start + at - 2;
            seen[Hash(input, at - 1)] = start + at - 1;
        }
        if (run.End + 3 > output.Length) return 0;
        while (at < input.Length) run.Add(output, input[at++]);
        run.Close(output);
        return run.End;
    }

    /// <summary>False when the input is damaged: it refers to what is not there, or does not give exactly the output's length.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> input, Span<byte> output)
    {
        int at = 0, end = 0;
        while (at < input.Length)
        {
            int control = input[at++];
            if (control < LiteralsMax)
            {
                var count = control + 1;
                if (input.Length - at < count || output.Length - end < count) return false;
                input.Slice(at, count).CopyTo(output[end..]);
                at += count;
                end += count;
                continue;
            }
            var length = control >> 5;
            if (length == 7)
            {
                if (at == input.Length) return false;
                length += input[at++];
            }
            length += 2;
            if (at == input.Length) return false;
            var from = end - ((control & 0x1f) << 8) - input[at++] - 1;
            if (from < 0 || output.Length - end < length) return false;
            // Byte by byte: a reference may reach into what it writes.
            for (; length > 0; length--) output[end++] = output[from++];
        }
        return end == output.Length;
    }

    private static int Hash(ReadOnlySpan<byte> input, int at)
    {
        var three = (uint)input[at] << 16 | BinaryPrimitives.ReadUInt16BigEndian(input[(at + 1)..]);
        return (int)(((three >> (24 - HashBits)) - three * 5) & ((1 << HashBits) - 1));
    }

    /// <summary>At least 3, which are known to be equal.</summary>
    private static int MatchLength(ReadOnlySpan<byte> input, int from, int at)
    {
        var max = Math.Max(Math.Min(input.Length - at - 2, LengthMax), 3);
        // liblzf compares sixteen bytes at once where there are more, and looks at the limit behind them.
        if (max is 17 or 18) max = 19;
        return input.Slice(at, max).CommonPrefixLength(input[from..]);
    }

    private static int WriteReference(Span<byte> to, int offset, int length)
    {
        var n = 0;
        to[n++] = (byte)((offset >> 8) + (Math.Min(length, 7) << 5));
        if (length >= 7) to[n++] = (byte)(length - 7);
        to[n++] = (byte)offset;
        return n;
    }

    /// <summary>Literals being collected; the byte before the first of them is for their count.</summary>
    private struct LiteralRun
    {
        public int End;
        public int Count;

        public void Add(Span<byte> output, byte literal)
        {
            output[End++] = literal;
            if (++Count == LiteralsMax)
            {
                Close(output);
                Open();
            }
        }

        /// <summary>Writes the count; without literals its byte is given up.</summary>
        public void Close(Span<byte> output)
        {
            if (Count == 0) End--;
            else output[End - Count - 1] = (byte)(Count - 1);
        }

        public void Open()
        {
            Count = 0;
            End++;
        }
    }
}
