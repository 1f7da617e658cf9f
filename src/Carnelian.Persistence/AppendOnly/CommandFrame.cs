namespace Carnelian;

internal enum FrameStep
{
    Complete,

    /// <summary>More of the file is needed.</summary>
    Incomplete,

    /// <summary>The announced argument is long: it is to be taken apart.</summary>
    Apart,

    Malformed,
}

/// <summary>
/// How far the parsing of one command of an append-only file has come. Goes on where it stopped, so that its cost is linear. Stricter than the parser of requests: no inline lines, no empty commands, and
/// the line's end behind each argument is looked at.
/// </summary>
internal sealed class CommandFrame
{
    /// <summary>An argument from this length on lies apart; a shorter one, too, where the command is already this long.</summary>
    private const int ApartFrom = (64 << 10) + 1, ApartBehind = 16 << 20, ShortApartFrom = 1 << 10;

    private const int NotAnnounced = -1, TakenApart = -2;

    /// <summary>No count or length is longer, with the line's end.</summary>
    private const int LineBytesMax = 32;

    private int _left;
    private AppendOnlyErrorKind _kind;
    private byte _expected, _first, _second;

    /// <summary>In the buffer: where the command begins.</summary>
    public int Start { get; private set; }

    /// <summary>In the buffer: where parsing goes on; behind the command when it is complete.</summary>
    public int Cursor { get; private set; }

    public int End => Cursor;

    /// <summary>Length of the argument that begins at the cursor, if one was announced.</summary>
    public int Announced { get; private set; }

    /// <summary>How far the buffer must at least be filled for the command to be complete.</summary>
    public long BytesWanted => Announced == NotAnnounced ? Cursor + Math.Max(1, _left * 5L) : Cursor + (long)Math.Max(0, Announced) + 2 + (_left - 1) * 5L;

    public void Begin(int start)
    {
        Start = Cursor = start;
        Announced = NotAnnounced;
        _left = -1;
    }

    /// <summary>The buffer's contents have moved to its front by so much.</summary>
    public void Move(int by)
    {
        Start -= by;
        Cursor -= by;
    }

    /// <summary>The announced argument is out of the buffer; what follows it is at the cursor.</summary>
    public void SkipAnnounced() => Announced = TakenApart;

    public FrameStep Parse(ReadOnlySpan<byte> input, ArgumentList arguments, bool takesApart)
    {
        if (_left < 0)
        {
            var step = ReadNumber(input, (byte)'*', out var count);
            if (step != FrameStep.Complete) return step;
            if (count == 0) return Fail(AppendOnlyErrorKind.Number);
            _left = count;
        }
        while (_left > 0)
        {
            if (Announced == NotAnnounced)
            {
                var step = ReadNumber(input, (byte)'$', out var length);
                if (step != FrameStep.Complete) return step;
                Announced = length;
            }
            var isApart = Announced == TakenApart;
            if (!isApart && (Announced >= ApartFrom || Announced >= ShortApartFrom && Cursor - Start > ApartBehind)) return takesApart ? FrameStep.Apart : FrameStep.Incomplete;
            var end = Cursor + (isApart ? 0 : Announced);
            if (input.Length - end < 2) return FrameStep.Incomplete;
            if (input[end] != '\r' || input[end + 1] != '\n')
            {
                Cursor = end;
                (_first, _second) = (input[end], input[end + 1]);
                return Fail(AppendOnlyErrorKind.LineEnd);
            }
            if (!isApart) arguments.Add(Cursor - Start, Announced);
            Cursor = end + 2;
            Announced = NotAnnounced;
            _left--;
        }
        return FrameStep.Complete;
    }

    /// <summary>A type byte, a decimal number and the line's end: what Redis takes, with or without a carriage return.</summary>
    private FrameStep ReadNumber(ReadOnlySpan<byte> input, byte prefix, out int number)
    {
        number = 0;
        var line = input[Cursor..];
        if (line.IsEmpty) return FrameStep.Incomplete;
        if (line[0] != prefix)
        {
            (_expected, _first) = (prefix, line[0]);
            return Fail(AppendOnlyErrorKind.Prefix);
        }
        long sum = 0;
        var at = 1;
        for (; at < line.Length && at < LineBytesMax; at++)
        {
            var digit = (uint)line[at] - '0';
            if (digit > 9) break;
            sum = sum * 10 + digit;
            if (sum > int.MaxValue) return Fail(AppendOnlyErrorKind.Number);
        }
        if (at == LineBytesMax) return Fail(AppendOnlyErrorKind.Number);
        if (at == line.Length) return FrameStep.Incomplete;
        if (line[at] == '\r')
        {
            if (++at == line.Length) return FrameStep.Incomplete;
        }
        if (line[at] != '\n' || at == 1 || line[1] is not (>= (byte)'0' and <= (byte)'9')) return Fail(AppendOnlyErrorKind.Number);
        Cursor += at + 1;
        number = (int)sum;
        return FrameStep.Complete;
    }

    private FrameStep Fail(AppendOnlyErrorKind kind)
    {
        _kind = kind;
        return FrameStep.Malformed;
    }

    /// <summary>What made it malformed.</summary>
    /// <param name="bufferOffset">Of the buffer in the file.</param>
    public AppendOnlyError ErrorAt(long bufferOffset) => _kind switch
    {
        AppendOnlyErrorKind.Prefix => AppendOnlyError.Prefix(bufferOffset + Cursor, _expected, _first),
        AppendOnlyErrorKind.LineEnd => AppendOnlyError.LineEnd(bufferOffset + Cursor, _first, _second),
        _ => AppendOnlyError.Number(bufferOffset + Cursor),
    };
}
