using System.Buffers.Binary;

namespace Carnelian;

/// <summary>Where a change is propagated to.</summary>
[Flags]
public enum ChangeTargets : byte
{
    None = 0,
    AppendOnlyFile = 1,
    Replicas = 2,
    All = AppendOnlyFile | Replicas,
}

/// <summary>
/// The changes of the current turn, in order, as commands with their arguments: the only way by which anything that
/// persists or replicates learns of a write. Sinks take the records at the end of the turn, and in its midst when there are more than
/// <see cref="DeliversFrom"/> bytes of them; then the log is emptied.
/// <code>
/// record: | size 4 | arguments 4 | unit 8 | database 2 | slot 2 | targets 1 | spare 3 | (length 4 | bytes …) … |
/// </code>
/// A negative length is the complement of the number of a block that has the argument: a record stays small whatever a request carries.
/// Effects are what Redis propagates: times absolute, chance resolved. Records of one unit (a call, a transaction) take
/// effect together: if there are several, they stand in MULTI and EXEC wherever they are written.
/// </summary>
public sealed class ChangeLog : IDisposable
{
    internal const int HeaderBytes = 24;

    /// <summary>The slot of a record that concerns none.</summary>
    public const int NoSlot = ushort.MaxValue;

    /// <summary>Before a record is begun behind so many bytes, those are delivered, bytes.</summary>
    private const int DeliversFrom = 1 << 20;

    /// <summary>What the buffer may keep when emptied, bytes.</summary>
    private const int KeptBytes = 2 * DeliversFrom;

    /// <summary>Behind so many bytes of one record, arguments of at least <see cref="ApartFrom"/> bytes lie apart: with a million arguments it stays below 2 GiB.</summary>
    private const int RecordBytesMax = 16 << 20;

    private const int ApartFrom = 1024;

    private readonly BlockAllocator _allocator;
    private readonly OwnedBlock _records;
    private readonly List<OwnedBlock> _apart = [];
    private readonly List<IChangeSink> _sinks = [];
    private int _used;
    private int _recordStart;
    private int _argumentsLeft;
    private long _unit;
    private long _lastUnit = -1, _deliveredUnit = -1;

    /// <summary>Where the records of the open unit begin.</summary>
    private int _unitStart;

    public ChangeLog(BlockAllocator allocator)
    {
        _allocator = allocator;
        _records = new OwnedBlock(allocator, 4096, Purpose.ChangeLog);
    }

    /// <summary>Number of records since the server started. A reply that waits for a change to be safe waits for the offset behind it.</summary>
    public long Offset { get; private set; }

    /// <summary>The offset behind the last unit that is closed: while a call runs, the one before it.</summary>
    public long ClosedOffset { get; private set; }

    /// <summary>The targets of all attached sinks. While there are none, nobody need append a record.</summary>
    public ChangeTargets Listening { get; private set; }

    public bool IsEmpty => _used == 0;

    public void Attach(IChangeSink sink)
    {
        _sinks.Add(sink);
        Listening |= sink.Targets;
    }

    public void Detach(IChangeSink sink)
    {
        _sinks.Remove(sink);
        Listening = ChangeTargets.None;
        foreach (var other in _sinks) Listening |= other.Targets;
    }

    /// <summary>While true no unit begins: all belongs to the one of the outermost call.</summary>
    public bool HoldsUnit { get; set; }

    /// <summary>Begins a unit: what is appended from here on belongs together.</summary>
    public void BeginUnit()
    {
        if (HoldsUnit) return;
        _unit++;
        ClosedOffset = Offset;
        _unitStart = _used;
    }

    /// <summary>Begins a record of <paramref name="arguments"/> arguments. So many calls of <see cref="Append"/> must follow.</summary>
    /// <param name="slot">The hash slot of what changed, or <see cref="NoSlot"/>.</param>
    public void Begin(ChangeTargets targets, int database, int arguments, int slot = NoSlot)
    {
        Check.That(_argumentsLeft == 0 && arguments > 0);
        if (_used >= DeliversFrom) Deliver(_used, unitGoesOn: _unit == _lastUnit);
        Offset++;
        _recordStart = _used;
        _argumentsLeft = arguments;
        _lastUnit = _unit;
        var header = Take(HeaderBytes);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], arguments);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], _unit);
        BinaryPrimitives.WriteUInt16LittleEndian(header[16..], (ushort)database);
        BinaryPrimitives.WriteUInt16LittleEndian(header[18..], (ushort)slot);
        BinaryPrimitives.WriteUInt32LittleEndian(header[20..], (uint)targets);
    }

    public ChangeLog Append(ReadOnlySpan<byte> argument)
    {
        Check.That(_argumentsLeft > 0);
        if (argument.Length >= ApartFrom && _used - _recordStart + (long)argument.Length > RecordBytesMax) AppendApart(argument);
        else
        {
            var room = Take(4 + argument.Length);
            BinaryPrimitives.WriteInt32LittleEndian(room, argument.Length);
            argument.CopyTo(room[4..]);
        }
        if (--_argumentsLeft == 0) BinaryPrimitives.WriteInt32LittleEndian(_records.Span[_recordStart..], _used - _recordStart);
        return this;
    }

    private void AppendApart(ReadOnlySpan<byte> argument)
    {
        BinaryPrimitives.WriteInt32LittleEndian(Take(4), ~_apart.Count);
        var block = new OwnedBlock(_allocator, argument.Length, Purpose.ChangeLog);
        argument.CopyTo(block.Span);
        _apart.Add(block);
    }

    public ChangeLog Append(long argument)
    {
        Span<byte> text = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(argument, text, out var length);
        return Append(text[..length]);
    }

    /// <summary>Gives all records to the sinks and empties the log. Called at the end of a turn, between calls.</summary>
    public void Deliver()
    {
        ClosedOffset = Offset;
        Deliver(_used, unitGoesOn: false);
    }

    /// <summary>Gives the sinks the records of the units that are closed. Called in the midst of a call, whose own records wait for the rest.</summary>
    public void DeliverClosed()
    {
        // What lies apart is numbered from the first record on: with such records in the open unit all wait.
        if (_apart.Count == 0) Deliver(_unitStart, unitGoesOn: false);
    }

    /// <param name="end">Behind the last record that is delivered.</param>
    private void Deliver(int end, bool unitGoesOn)
    {
        if (end == 0) return;
        Check.That(_argumentsLeft == 0);
        var records = _records.Span[.._used];
        foreach (var sink in _sinks) sink.Take(new ChangeReader(records[..end], _apart, _deliveredUnit, unitGoesOn), end == _used ? Offset : ClosedOffset);
        if (unitGoesOn) _deliveredUnit = _unit;
        records[end..].CopyTo(records);
        _used -= end;
        _unitStart = Math.Max(0, _unitStart - end);
        foreach (var block in _apart) block.Dispose();
        _apart.Clear();
        if (_records.Length > KeptBytes) _records.Resize(Math.Max(4096, _used), _used);
    }

    public void Dispose()
    {
        foreach (var block in _apart) block.Dispose();
        _records.Dispose();
    }

    private Span<byte> Take(int bytes)
    {
        if (_records.Length - _used < bytes) _records.Resize((int)Math.Min(int.MaxValue, Math.Max(2L * _records.Length, (long)_used + bytes)), _used);
        var room = _records.Span.Slice(_used, bytes);
        _used += bytes;
        return room;
    }
}

/// <summary>Takes what was changed: the append-only file, the replication stream, a test.</summary>
public interface IChangeSink
{
    ChangeTargets Targets { get; }

    /// <param name="changes">Records, including those for other targets.</param>
    /// <param name="offset">The log's offset behind the last of them.</param>
    void Take(ChangeReader changes, long offset);
}

/// <summary>Reads the records of one delivery one after the other.</summary>
/// <param name="earlierUnit">The unit of which the delivery before has had records, and that went on then.</param>
/// <param name="unitGoesOn">The next delivery begins with another record of the last one's unit.</param>
public ref struct ChangeReader(ReadOnlySpan<byte> records, IReadOnlyList<OwnedBlock> apart, long earlierUnit, bool unitGoesOn)
{
    private ReadOnlySpan<byte> _rest = records;
    private ReadOnlySpan<byte> _record;
    private long _unitBefore = earlierUnit;

    public readonly ChangeTargets Targets => (ChangeTargets)_record[20];

    public readonly int Database => BinaryPrimitives.ReadUInt16LittleEndian(_record[16..]);

    /// <summary>The hash slot of what changed, or <see cref="ChangeLog.NoSlot"/>.</summary>
    public readonly int Slot => BinaryPrimitives.ReadUInt16LittleEndian(_record[18..]);

    public readonly long Unit => UnitOf(_record);

    public readonly int Count => BinaryPrimitives.ReadInt32LittleEndian(_record[4..]);

    /// <summary>Bytes of the record; what lies apart is not counted, and only long records have that.</summary>
    public readonly int Size => _record.Length;

    /// <summary>An earlier record, perhaps of an earlier delivery, belongs to the same unit as this one.</summary>
    public readonly bool ContinuesUnit => _unitBefore == Unit;

    /// <summary>The next record, perhaps of the next delivery, belongs to the same unit as this one.</summary>
    public readonly bool MoreOfUnit => _rest.IsEmpty ? unitGoesOn : UnitOf(_rest) == Unit;

    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        if (!_record.IsEmpty) _unitBefore = Unit;
        var size = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        _record = _rest[..size];
        _rest = _rest[size..];
        return true;
    }

    public readonly ChangeArguments Arguments => new(_record[ChangeLog.HeaderBytes..], apart);

    private static long UnitOf(ReadOnlySpan<byte> record) => BinaryPrimitives.ReadInt64LittleEndian(record[8..]);
}

/// <summary>The arguments of one record, for foreach.</summary>
public ref struct ChangeArguments(ReadOnlySpan<byte> rest, IReadOnlyList<OwnedBlock> apart)
{
    private ReadOnlySpan<byte> _rest = rest;

    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly ChangeArguments GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        Current = length < 0 ? apart[~length].Span : _rest.Slice(4, length);
        _rest = _rest[(4 + Math.Max(0, length))..];
        return true;
    }
}
