using System.Runtime.CompilerServices;

namespace Carnelian;

/// <summary>
/// Reads requests as clients send them: RESP arrays of bulk strings, or inline lines with quoting. Parses in place,
/// keeps no bytes, and goes on where it stopped when a request comes in pieces, so that its cost is linear.
/// Accepts and refuses what Redis does (networking.c, processMultibulkBuffer and processInlineBuffer), the two bytes
/// after a bulk and the line feed after a carriage return unread as there; but a NUL does not hide a line's end.
/// </summary>
public static class RequestParser
{
    private const byte CarriageReturn = (byte)'\r', LineFeed = (byte)'\n';

    /// <param name="input">Bytes from the request's first on. Written to only where an inline line's quotes are taken off.</param>
    /// <param name="state"><see cref="RequestState.Begin"/>, or what the last call on the same request left.</param>
    /// <param name="arguments">Gets the request's arguments appended, behind those of requests that have not been run yet.</param>
    public static ParseStatus Parse(Span<byte> input, ref RequestState state, ArgumentList arguments, RequestLimits limits, bool authenticated)
    {
        if (state.Remaining == 0)
        {
            if (input.IsEmpty) return ParseStatus.Incomplete;
            if (input[0] != '*') return ParseInline(input, ref state, arguments);
            var status = ParseCount(input, ref state, authenticated);
            if (status != ParseStatus.Complete) return status;
        }
        while (state.Remaining > 0)
        {
            if (state.Bulk < 0)
            {
                var status = ParseBulkLength(input, ref state, limits, authenticated);
                if (status != ParseStatus.Complete) return status;
            }
            if (input.Length - state.Position < (long)state.Bulk + 2) return ParseStatus.Incomplete;
            arguments.Add(state.Position, state.Bulk);
            state.Position += state.Bulk + 2;
            state.Bulk = -1;
            state.Remaining--;
        }
        return ParseStatus.Complete;
    }

    private static ParseStatus ParseCount(ReadOnlySpan<byte> input, ref RequestState state, bool authenticated)
    {
        var read = ReadNumber(input, ref state, out var count);
        if (read == Line.Incomplete) return ParseStatus.Incomplete;
        if (read == Line.TooLong) return Reject(ref state, "too big mbulk count string");
        if (read == Line.NotANumber || count > int.MaxValue) return Reject(ref state, "invalid multibulk length");
        if (count > RequestLimits.UnauthenticatedArgumentsMax && !authenticated) return Reject(ref state, "unauthenticated multibulk length");
        if (count <= 0) return ParseStatus.Nothing;
        state.Remaining = (int)count;
        return ParseStatus.Complete;
    }

    private static ParseStatus ParseBulkLength(ReadOnlySpan<byte> input, ref RequestState state, RequestLimits limits, bool authenticated)
    {
        var start = state.Position;
        var read = ReadNumber(input, ref state, out var length);
        if (read == Line.Incomplete) return ParseStatus.Incomplete;
        if (read == Line.TooLong) return Reject(ref state, "too big bulk count string");
        if (input[start] != '$') return RejectType(ref state, input[start]);
        if (read == Line.NotANumber || length < 0 || length > limits.BulkBytesMax) return Reject(ref state, "invalid bulk length");
        if (length > RequestLimits.UnauthenticatedBulkBytesMax && !authenticated) return Reject(ref state, "unauthenticated bulk length");
        state.Bulk = (int)length;
        return ParseStatus.Complete;
    }

    private enum Line
    {
        Number,
        NotANumber,
        Incomplete,
        TooLong,
    }

    /// <summary>A type byte, a decimal number and CR LF; the usual one to three digits without a search for the line's end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Line ReadNumber(ReadOnlySpan<byte> input, ref RequestState state, out long number)
    {
        var line = input[state.Position..];
        if (line.Length >= 6)
        {
            var first = (uint)line[1] - '0';
            var second = (uint)line[2] - '0';
            if (first <= 9 && line[2] == CarriageReturn)
            {
                state.Position += 4;
                number = first;
                return Line.Number;
            }
            // A leading zero makes it no number.
            if (first - 1 <= 8 && second <= 9)
            {
                if (line[3] == CarriageReturn)
                {
                    state.Position += 5;
                    number = first * 10 + second;
                    return Line.Number;
                }
                var third = (uint)line[3] - '0';
                if (third <= 9 && line[4] == CarriageReturn)
                {
                    state.Position += 6;
                    number = (first * 10 + second) * 10 + third;
                    return Line.Number;
                }
            }
        }
        return ReadNumberSlow(line, ref state, out number);
    }

    private static Line ReadNumberSlow(ReadOnlySpan<byte> line, ref RequestState state, out long number)
    {
        number = 0;
        var end = line.IndexOf(CarriageReturn);
        if (end < 0) return line.Length > RequestLimits.LineBytesMax ? Line.TooLong : Line.Incomplete;
        if (end + 1 >= line.Length) return Line.Incomplete;
        state.Position += end + 2;
        return end > 0 && IntegerText.TryParse(line[1..end], out number) ? Line.Number : Line.NotANumber;
    }

    private static ParseStatus ParseInline(Span<byte> input, ref RequestState state, ArgumentList arguments)
    {
        var end = input[state.Position..].IndexOf(LineFeed);
        if (end < 0)
        {
            if (input.Length > RequestLimits.LineBytesMax) return Reject(ref state, "too big inline request");
            state.Position = input.Length;
            return ParseStatus.Incomplete;
        }
        end += state.Position;
        state.Position = end + 1;
        if (end > 0 && input[end - 1] == CarriageReturn) end--;
        var before = arguments.Count;
        var line = input[..end];
        if (line.IndexOfAny("\"'\0\v\f"u8) < 0) SplitPlain(line, arguments);
        else if (before > 0) return ParseStatus.Later;
        else if (!SplitQuoted(line, arguments)) return Reject(ref state, "unbalanced quotes in request");
        return arguments.Count > before ? ParseStatus.Complete : ParseStatus.Nothing;
    }

    /// <summary>Arguments never get longer when quotes and escapes are taken off, so they fit in their own place.</summary>
    private static bool SplitQuoted(Span<byte> line, ArgumentList arguments)
    {
        if (ArgumentSplitter.Split(line) is not { } split) return false;
        var at = 0;
        foreach (var argument in split)
        {
            argument.CopyTo(line[at..]);
            arguments.Add(at, argument.Length);
            at += argument.Length;
        }
        return true;
    }

    private static void SplitPlain(ReadOnlySpan<byte> line, ArgumentList arguments)
    {
        for (var at = 0; at < line.Length;)
        {
            if (IsBlank(line[at]))
            {
                at++;
                continue;
            }
            var start = at;
            while (at < line.Length && !IsBlank(line[at])) at++;
            arguments.Add(start, at - start);
        }
    }

    private static bool IsBlank(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';

    private static ParseStatus RejectType(ref RequestState state, byte got) => Reject(ref state, $"expected '$', got '{(char)got}'");

    private static ParseStatus Reject(ref RequestState state, string error)
    {
        state.Error = error;
        return ParseStatus.Error;
    }
}
