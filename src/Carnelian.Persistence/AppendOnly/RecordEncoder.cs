namespace Carnelian;

/// <summary>
/// Writes changes as Redis writes them to its append-only file: SELECT where another database is meant than before, MULTI and EXEC around the records of a unit that has several, a timestamp for each second.
/// A checksum stands before each unit, or before the part of a long one that was delivered at once.
/// </summary>
internal sealed class RecordEncoder(AppendOnlyOptions options)
{
    /// <summary>Of a record, as the change log has it, that is written in one piece.</summary>
    private const int ShortBytesMax = 16 << 10;

    /// <summary>Of what stands around each argument: a type, digits, the ends of two lines.</summary>
    private const int HeadBytesMax = 1 + IntegerText.LengthMax + 4;

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
        if (changes.Size <= ShortBytesMax) WriteShort(buffer, changes);
        else
        {
            BeginCommand(buffer, changes.Count);
            foreach (var argument in changes.Arguments) WriteArgument(buffer, argument);
        }
    }

    /// <summary>All at once: in most loads nearly every record is such a one.</summary>
    private static void WriteShort(AppendBuffer buffer, scoped in ChangeReader changes)
    {
        var room = buffer.Reserve(changes.Size + (changes.Count + 1) * HeadBytesMax);
        var length = PutHead(room, (byte)'*', changes.Count);
        foreach (var argument in changes.Arguments)
        {
            length += PutHead(room[length..], (byte)'$', argument.Length);
            argument.CopyTo(room[length..]);
            length += argument.Length;
            room[length++] = (byte)'\r';
            room[length++] = (byte)'\n';
        }
        buffer.Commit(length);
    }

    /// <summary>A line that says how many there are of what follows, or how long it is.</summary>
    private static int PutHead(Span<byte> room, byte type, int number)
    {
        room[0] = type;
        var length = 1 + IntegerText.Format(number, room[1..]);
        room[length++] = (byte)'\r';
        room[length++] = (byte)'\n';
        return length;
    }

    private static void WriteWord(AppendBuffer buffer, ReadOnlySpan<byte> word)
    {
        BeginCommand(buffer, 1);
        WriteArgument(buffer, word);
    }

    private static void BeginCommand(AppendBuffer buffer, int arguments) => WriteHead(buffer, (byte)'*', arguments);

    private static void WriteArgument(AppendBuffer buffer, ReadOnlySpan<byte> argument)
    {
        WriteHead(buffer, (byte)'$', argument.Length);
        buffer.Append(argument);
        buffer.Append("\r\n"u8);
    }

    private static void WriteHead(AppendBuffer buffer, byte type, int number) => buffer.Commit(PutHead(buffer.Reserve(HeadBytesMax), type, number));

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
