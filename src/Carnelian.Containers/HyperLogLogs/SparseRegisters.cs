namespace Carnelian;

/// <summary>
/// Registers as runs of equal ones, one after the other:
/// <code>
/// | 00 | zeros - 1: 6 |     | 01 | zeros - 1: 14, high byte first |     | 1 | value - 1: 5 | times - 1: 2 |
/// </code>
/// </summary>
public ref struct SparseRegisters
{
    internal const byte XZero = 0x40;

    public const byte ValueMax = 32;

    private const int ZeroRunMax = 64, ValueRunMax = 4;

    /// <summary>What one change may add: a run of zeros in the middle of which a value comes.</summary>
    public const int GrowthMax = 3;

    /// <summary>Runs that a change may have brought beside an equal one, from the run before it on.</summary>
    private const int RunsToMerge = 5;

    private readonly Span<byte> _room;

    /// <summary>Runs in the first bytes of a room that has <see cref="GrowthMax"/> more.</summary>
    public SparseRegisters(Span<byte> room, int length)
    {
        _room = room;
        Length = length;
    }

    public int Length { get; private set; }

    /// <summary>A run as it stands at some place.</summary>
    private readonly ref struct Run
    {
        public readonly int Bytes, Times;
        public readonly byte Value;

        public Run(ReadOnlySpan<byte> at)
        {
            Bytes = 1;
            if ((at[0] & 0x80) != 0)
            {
                Value = (byte)((at[0] >> 2 & 0x1f) + 1);
                Times = (at[0] & 3) + 1;
            }
            else if ((at[0] & XZero) == 0)
            {
                Times = at[0] + 1;
            }
            else if (at.Length > 1)
            {
                Bytes = 2;
                Times = ((at[0] & 0x3f) << 8 | at[1]) + 1;
            }
        }

        /// <summary>False when it has half a run of zeros at its end.</summary>
        public bool IsWhole => Times > 0;
    }

    /// <summary>
    /// Raises a register to a value. Null when the runs are not valid, or the value is too large or the runs would become longer than
    /// <paramref name="lengthMax"/>: then they must become dense first (<paramref name="mustBeDense"/>).
    /// </summary>
    /// <returns>Whether anything has changed.</returns>
    public bool? Raise(int register, byte value, long lengthMax, out bool mustBeDense)
    {
        mustBeDense = value > ValueMax;
        if (mustBeDense) return null;
        int at = 0, before = 0, first = 0;
        Run run;
        while (true)
        {
            if (at >= Length) return null;
            run = new Run(_room[at..Length]);
            if (!run.IsWhole) return null;
            if (register < first + run.Times) break;
            before = at;
            at += run.Bytes;
            first += run.Times;
        }
        if (run.Value >= value) return false;

        Span<byte> split = stackalloc byte[5];
        var length = Write(split, run.Value, register - first);
        length += Write(split[length..], value, 1);
        length += Write(split[length..], run.Value, first + run.Times - 1 - register);
        var growth = length - run.Bytes;
        mustBeDense = growth > 0 && Length + growth > lengthMax;
        if (mustBeDense) return null;
        _room[(at + run.Bytes)..Length].CopyTo(_room[(at + length)..]);
        split[..length].CopyTo(_room[at..]);
        Length += growth;
        Merge(before);
        return true;
    }

    private static int Write(Span<byte> at, byte value, int times)
    {
        if (times == 0) return 0;
        if (value > 0) at[0] = (byte)(0x80 | value - 1 << 2 | times - 1);
        else if (times <= ZeroRunMax) at[0] = (byte)(times - 1);
        else
        {
            at[0] = (byte)(XZero | times - 1 >> 8);
            at[1] = (byte)(times - 1);
            return 2;
        }
        return 1;
    }

    /// <summary>Makes one of neighbours with the same value, as long as their run can be written in one byte.</summary>
    private void Merge(int at)
    {
        for (var runs = 0; runs < RunsToMerge && at < Length; runs++)
        {
            var run = new Run(_room[at..Length]);
            var behind = at + run.Bytes;
            if (run.Value > 0 && behind < Length)
            {
                var next = new Run(_room[behind..Length]);
                if (next.Value == run.Value && run.Times + next.Times <= ValueRunMax)
                {
                    Write(_room[behind..], run.Value, run.Times + next.Times);
                    _room[behind..Length].CopyTo(_room[at..]);
                    Length--;
                    continue;
                }
            }
            at = behind;
        }
    }

    /// <summary>Raises registers, a byte each, to these; false when the runs are not those of all registers.</summary>
    public static bool TryMerge(ReadOnlySpan<byte> runs, Span<byte> registers)
    {
        var register = 0;
        for (var at = 0; at < runs.Length;)
        {
            var run = new Run(runs[at..]);
            if (!run.IsWhole || register + run.Times > registers.Length) return false;
            for (var i = 0; run.Value > 0 && i < run.Times; i++) registers[register + i] = Math.Max(registers[register + i], run.Value);
            register += run.Times;
            at += run.Bytes;
        }
        return register == registers.Length;
    }

    internal static bool TryCount(ReadOnlySpan<byte> runs, Span<int> histogram)
    {
        long registers = 0;
        for (var at = 0; at < runs.Length;)
        {
            var run = new Run(runs[at..]);
            if (!run.IsWhole) return false;
            histogram[run.Value] += run.Times;
            registers += run.Times;
            at += run.Bytes;
        }
        return registers == HyperLogLog.Registers;
    }

    /// <summary>The runs in the words of PFDEBUG DECODE, each with a space behind it but the last.</summary>
    public static void Describe(ReadOnlySpan<byte> runs, System.Text.StringBuilder text)
    {
        for (var at = 0; at < runs.Length;)
        {
            var run = new Run(runs[at..]);
            if (at > 0) text.Append(' ');
            if (run.Value > 0) text.Append("v:").Append(run.Value).Append(',').Append(run.Times);
            else text.Append(run.Bytes == 1 ? "z:" : "Z:").Append(run.Times);
            at += run.Bytes;
        }
    }
}
