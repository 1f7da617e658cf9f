using static Carnelian.CommandFlags;

namespace Carnelian;

/// <summary>LCS: what two strings have in common.</summary>
[CommandFamily("string")]
internal static class SubsequenceCommands
{
    /// <summary>Bytes of a cell of the matrix that Redis makes: its size is limited, and so is what LCS accepts.</summary>
    private const int CellBytes = sizeof(uint);

    [Command("LCS", Summary = "Finds the longest common substring.", Since = "7.0.0",
        Complexity = "O(N*M) where N and M are the lengths of s1 and s2, respectively",
        Flags = ReadOnly, Keys = "1..+1 RO access",
        Arguments = "key1:key key2:key [LEN] [IDX] [MINMATCHLEN min-match-len:integer] [WITHMATCHLEN]")]
    internal static void LongestCommonSubsequence(ref Call call)
    {
        var firstView = call.Find(1);
        var secondView = call.Find(2);
        if (firstView.Exists && firstView.Type != ValueType.String || secondView.Exists && secondView.Type != ValueType.String)
        {
            call.Fail("ERR The specified keys must contain string values");
            return;
        }
        var options = Options.Read(ref call);
        if (call.Failed) return;
        var first = firstView.Exists ? firstView.Value : default;
        var second = secondView.Exists ? secondView.Value : default;
        if ((first.Length + 1L) * (second.Length + 1L) * CellBytes > call.Executor.StringBytesMax)
        {
            call.Fail("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
            return;
        }
        try
        {
            Answer(ref call, first, second, options);
        }
        catch (OutOfMemoryException)
        {
            call.Fail("ERR Insufficient memory, failed allocating transient memory for LCS");
        }
    }

    private static void Answer(ref Call call, ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, in Options options)
    {
        var allocator = call.Keyspace.Allocator;
        var common = new CommonSubsequence(allocator, first, second, withRuns: !options.OnlyLength);
        try
        {
            if (options.OnlyLength) call.Reply.Integer(common.Length);
            else if (options.WithPositions) AnswerPositions(ref call, ref common, options);
            else AnswerText(ref call, ref common, first);
        }
        finally
        {
            common.Dispose();
        }
    }

    private static void AnswerText(ref Call call, ref CommonSubsequence common, ReadOnlySpan<byte> first)
    {
        using var block = new OwnedBlock(call.Keyspace.Allocator, common.Length, Purpose.Other);
        var text = block.Span;
        var left = text.Length;
        while (common.NextRun(out var run))
        {
            left -= run.Length;
            first.Slice(run.First, run.Length).CopyTo(text[left..]);
        }
        Check.That(left == 0);
        call.Reply.Bulk(text);
    }

    private static void AnswerPositions(ref Call call, ref CommonSubsequence common, in Options options)
    {
        var count = 0;
        while (common.NextRun(out var run)) count += run.Length >= options.LengthMin ? 1 : 0;
        common.Rewind();
        call.Reply.Map(2);
        call.Reply.Bulk("matches"u8);
        call.Reply.Array(count);
        while (common.NextRun(out var run))
        {
            if (run.Length < options.LengthMin) continue;
            call.Reply.Array(options.WithLengths ? 3 : 2);
            AnswerRange(ref call, run.First, run.Length);
            AnswerRange(ref call, run.Second, run.Length);
            if (options.WithLengths) call.Reply.Integer(run.Length);
        }
        call.Reply.Bulk("len"u8);
        call.Reply.Integer(common.Length);
    }

    private static void AnswerRange(ref Call call, int start, int length)
    {
        call.Reply.Array(2);
        call.Reply.Integer(start);
        call.Reply.Integer(start + length - 1);
    }

    private readonly record struct Options(bool OnlyLength, bool WithPositions, bool WithLengths, long LengthMin)
    {
        public static Options Read(ref Call call)
        {
            bool onlyLength = false, withPositions = false, withLengths = false;
            long lengthMin = 0;
            var options = new OptionReader(call.Args, 3);
            while (options.Next())
            {
                if (options.Is("idx"u8)) withPositions = true;
                else if (options.Is("len"u8)) onlyLength = true;
                else if (options.Is("withmatchlen"u8)) withLengths = true;
                else if (!options.TakesInteger("minmatchlen"u8, ref lengthMin)) options.FailSyntax();
            }
            if (onlyLength && withPositions) options.Fail("ERR If you want both the length and indexes, please just use IDX.");
            options.Ends(ref call);
            return new(onlyLength, withPositions, withLengths, lengthMin);
        }
    }
}
