namespace Carnelian;

/// <summary>
/// Writes changes as Redis writes them to its append-only file: SELECT where another database is meant than before, MULTI and EXEC around the records of a unit that has several, a timestamp for each second.
/// A checksum stands before each unit, or before the part of a long one that was delivered at once.
/// </summary>
internal sealed class RecordEncoder(AppendOnlyOptions options)
{
    private int _database = -1;
    private long _timestamp;

    /// <summary>Behind the line for a checksum whose bytes are being written.</summary>
    private AppendPlace? _summed;

    /// <summary>Another file begins: the next record says its database, and when it is, so that each file tells from when on it has something.</summary>
    public void BeginFile() => (_database, _timestamp) = (-1, 0);

    public void Write(AppendBuffer buffer, ChangeReader changes, long unixSeconds)
    {
        while (changes.Next())
        {
            if (!changes.ContinuesUnit) BeginUnit(buffer, changes.MoreOfUnit, unixSeconds);
            else if (_summed is null) BeginSum(buffer);
            if ((changes.Targets & ChangeTargets.AppendOnlyFile) != 0) WriteRecord(buffer, changes);
            if (changes.MoreOfUnit) continue;
            if (changes.ContinuesUnit) WriteWord(buffer, "EXEC"u8);
            EndSum(buffer);
        }
        EndSum(buffer);
    }

    private void BeginUnit(AppendBuffer buffer, bool isTransaction, long unixSeconds)
    {
        if (options.WritesTimestamps && unixSeconds > _timestamp)
        {
            _timestamp = unixSeconds;
            buffer.Append("#TS:"u8);
            WriteNumber(buffer, unixSeconds);
        }
        BeginSum(buffer);
        if (isTransaction) WriteWord(buffer, "MULTI"u8);
    }

    private void WriteRecord(AppendBuffer buffer, scoped in ChangeReader changes)
    {
        if (changes.Database != _database)
        {
            _database = changes.Database;
            Span<byte> digits = stackalloc byte[IntegerText.LengthMax];
            BeginCommand(buffer, 2);
            WriteArgument(buffer, "SELECT"u8);
            WriteArgument(buffer, digits[..IntegerText.Format(_database, digits)]);
        }
        BeginCommand(buffer, changes.Count);
        foreach (var argument in changes.Arguments) WriteArgument(buffer, argument);
    }

    private static void WriteWord(AppendBuffer buffer, ReadOnlySpan<byte> word)
    {
        BeginCommand(buffer, 1);
        WriteArgument(buffer, word);
    }

    private static void BeginCommand(AppendBuffer buffer, int arguments)
    {
        buffer.Append("*"u8);
        WriteNumber(buffer, arguments);
    }

    private static void WriteArgument(AppendBuffer buffer, ReadOnlySpan<byte> argument)
    {
        const int shortBytesMax = 4096;
        var isShort = argument.Length <= shortBytesMax;
        var room = buffer.Reserve(IntegerText.LengthMax + 5 + (isShort ? argument.Length : 0));
        room[0] = (byte)'$';
        var length = 1 + IntegerText.Format(argument.Length, room[1..]);
        "\r\n"u8.CopyTo(room[length..]);
        length += 2;
        if (isShort)
        {
            argument.CopyTo(room[length..]);
            length += argument.Length;
            "\r\n"u8.CopyTo(room[length..]);
            buffer.Commit(length + 2);
            return;
        }
        buffer.Commit(length);
        buffer.Append(argument);
        buffer.Append("\r\n"u8);
    }

    /// <summary>A line.</summary>
    private static void WriteNumber(AppendBuffer buffer, long number)
    {
        var line = buffer.Reserve(IntegerText.LengthMax + 2);
        var length = IntegerText.Format(number, line);
        "\r\n"u8.CopyTo(line[length..]);
        buffer.Commit(length + 2);
    }

    private void BeginSum(AppendBuffer buffer)
    {
        if (!options.WritesChecksums) return;
        buffer.Reserve(RecordChecksum.LineBytes);
        buffer.Commit(RecordChecksum.LineBytes);
        _summed = buffer.End;
    }

    private void EndSum(AppendBuffer buffer)
    {
        if (_summed is not { } begin) return;
        _summed = null;
        RecordChecksum.Write(buffer.Before(begin, RecordChecksum.LineBytes), buffer.Sum(begin), buffer.Length - begin.Position);
    }
}
