namespace Carnelian;

/// <summary>The operators of BITOP; the last four are those that Redis 8.2 brought.</summary>
internal enum BitOperator
{
    And,
    Or,
    Xor,
    Not,

    /// <summary>In the first string and in none of the others.</summary>
    Diff,

    /// <summary>In one of the others and not in the first string.</summary>
    Diff1,

    /// <summary>In the first string and in one of the others.</summary>
    AndOr,

    /// <summary>In exactly one string.</summary>
    One,
}

/// <summary>
/// What BITOP computes. Strings that are shorter than the longest one go on with zeros, missing keys are empty. The result may lie in the
/// block of a source: no byte of it is written before that byte of all sources was read.
/// </summary>
internal static class BitCombination
{
    /// <summary>More than two strings are combined in parts of this length, which stay in the innermost cache.</summary>
    private const int ChunkBytes = 4096;

    /// <summary>Reads "operation destkey key ...", or the call has failed.</summary>
    public static BitOperator Read(ref Call call)
    {
        if (!TryReadOperator(ref call, out var operation))
        {
            call.FailSyntax();
            return default;
        }
        var sources = call.Args.Count - 3;
        if (operation == BitOperator.Not && sources != 1) call.Fail("ERR BITOP NOT must be called with a single source key.");
        else if (operation is BitOperator.Diff or BitOperator.Diff1 or BitOperator.AndOr && sources < 2)
            call.Fail($"ERR BITOP {ByteText.FromBytes(call.Args[1]).ToUpperInvariant()} must be called with at least two source keys.");
        return operation;
    }

    private static bool TryReadOperator(ref Call call, out BitOperator operation)
    {
        operation = BitOperator.And;
        if (call.Is(1, "and"u8)) return true;
        operation = BitOperator.Or;
        if (call.Is(1, "or"u8)) return true;
        operation = BitOperator.Xor;
        if (call.Is(1, "xor"u8)) return true;
        operation = BitOperator.Not;
        if (call.Is(1, "not"u8)) return true;
        operation = BitOperator.Diff;
        if (call.Is(1, "diff"u8)) return true;
        operation = BitOperator.Diff1;
        if (call.Is(1, "diff1"u8)) return true;
        operation = BitOperator.AndOr;
        if (call.Is(1, "andor"u8)) return true;
        operation = BitOperator.One;
        return call.Is(1, "one"u8);
    }

    /// <summary>Writes the result, which is as long as the longest source.</summary>
    public static void Write(BitOperator operation, EntryList sources, Span<byte> result)
    {
        // One or two strings need nothing in between and are combined at once.
        if (sources.Count <= 2) Write(operation, new Parts(sources, 0, result.Length), default, result);
        else WriteInChunks(operation, sources, result);
    }

    private static void WriteInChunks(BitOperator operation, EntryList sources, Span<byte> result)
    {
        Span<byte> chunks = stackalloc byte[3 * ChunkBytes];
        for (var at = 0; at < result.Length; at += ChunkBytes)
        {
            var to = result.Slice(at, Math.Min(ChunkBytes, result.Length - at));
            Write(operation, new Parts(sources, at, to.Length), chunks, to);
        }
    }

    private static void Write(BitOperator operation, in Parts parts, Span<byte> chunks, Span<byte> to)
    {
        switch (operation)
        {
            case BitOperator.And:
                Fold(BitwiseOperation.And, parts, 0, chunks, to);
                break;
            case BitOperator.Or:
                Fold(BitwiseOperation.Or, parts, 0, chunks, to);
                break;
            case BitOperator.Xor:
                Fold(BitwiseOperation.Xor, parts, 0, chunks, to);
                break;
            case BitOperator.Not:
                BitString.Invert(parts[0], to);
                break;
            case BitOperator.One:
                WriteOne(parts, chunks, to);
                break;
            default:
                WriteFirstAndOthers(operation, parts, chunks, to);
                break;
        }
    }

    /// <summary>Combines the sources from the given one on, the last of them straight into the result.</summary>
    private static void Fold(BitwiseOperation operation, in Parts parts, int first, Span<byte> chunks, Span<byte> to)
    {
        var last = parts.Count - 1;
        var left = parts[first];
        if (first == last)
        {
            BitString.Combine(BitwiseOperation.Or, left, default, to);
            return;
        }
        for (var i = first + 1; i < last; i++)
        {
            BitString.Combine(operation, left, parts[i], chunks[..to.Length]);
            left = chunks[..to.Length];
        }
        BitString.Combine(operation, left, parts[last], to);
    }

    private static void WriteFirstAndOthers(BitOperator operation, in Parts parts, Span<byte> chunks, Span<byte> to)
    {
        var others = parts[1];
        if (parts.Count > 2)
        {
            Fold(BitwiseOperation.Or, parts, 1, chunks, chunks[..to.Length]);
            others = chunks[..to.Length];
        }
        if (operation == BitOperator.AndOr) BitString.Combine(BitwiseOperation.And, parts[0], others, to);
        else if (operation == BitOperator.Diff) BitString.Combine(BitwiseOperation.Without, parts[0], others, to);
        else BitString.Combine(BitwiseOperation.Without, others, parts[0], to);
    }

    /// <summary>ONE: bits that are set an odd number of times, less those that are set more than once.</summary>
    private static void WriteOne(in Parts parts, Span<byte> chunks, Span<byte> to)
    {
        if (parts.Count <= 2)
        {
            Fold(BitwiseOperation.Xor, parts, 0, chunks, to);
            return;
        }
        var odd = chunks[..to.Length];
        var again = chunks.Slice(ChunkBytes, to.Length);
        var both = chunks.Slice(2 * ChunkBytes, to.Length);
        BitString.Combine(BitwiseOperation.And, parts[0], parts[1], again);
        BitString.Combine(BitwiseOperation.Xor, parts[0], parts[1], odd);
        for (var i = 2; i < parts.Count; i++)
        {
            BitString.Combine(BitwiseOperation.And, odd, parts[i], both);
            BitString.Combine(BitwiseOperation.Or, again, both, again);
            BitString.Combine(BitwiseOperation.Xor, odd, parts[i], odd);
        }
        BitString.Combine(BitwiseOperation.Without, odd, again, to);
    }

    /// <summary>The same part of all sources; shorter sources have less of it, or nothing.</summary>
    private readonly ref struct Parts(EntryList sources, int start, int length)
    {
        public int Count => sources.Count;

        public int Length => length;

        public ReadOnlySpan<byte> this[int i]
        {
            get
            {
                var source = sources[i];
                if (!source.Exists || source.Value.Length <= start) return default;
                var rest = source.Value[start..];
                return rest[..Math.Min(rest.Length, length)];
            }
        }
    }
}
