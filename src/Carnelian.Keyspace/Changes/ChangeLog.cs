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
/// persists or replicates learns of a write. Sinks read it at the end of the turn; then it is emptied.
/// <code>
/// record: | size 4 | targets 1 | spare 1 | database 2 | unit 8 | arguments 4 | (length 4 | bytes …) … |
/// </code>
/// Effects are what Redis propagates: times absolute, chance resolved. Records of one unit (a call, a transaction) take
/// effect together: if there are several, they stand in MULTI and EXEC wherever they are written.
/// </summary>
public sealed class ChangeLog : IDisposable
{
    private const int HeaderBytes = 20;

    /// <summary>What the buffer may keep when emptied, bytes.</summary>
    private const int KeptBytes = 1 << 20;

    private readonly OwnedBlock _records;
    private readonly List<IChangeSink> _sinks = [];
    private int _used;
    private int _recordStart;
    private int _argumentsLeft;
    private long _unit;

    public ChangeLog(BlockAllocator allocator) => _records = new OwnedBlock(allocator, 4096, Purpose.ChangeLog);

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

    /// <summary>Begins a unit: what is appended from here on belongs together.</summary>
    public void BeginUnit()
    {
        _unit++;
        ClosedOffset = Offset;
    }

    /// <summary>Begins a record of <paramref name="arguments"/> arguments. So many calls of <see cref="Append"/> must follow.</summary>
    public void Begin(ChangeTargets targets, int database, int arguments)
    {
        Check.That(_argumentsLeft == 0 && arguments > 0);
        Offset++;
        _recordStart = _used;
        _argumentsLeft = arguments;
        var header = Take(HeaderBytes);
        header[4] = (byte)targets;
        header[5] = 0;
        BinaryPrimitives.WriteUInt16LittleEndian(header[6..], (ushort)database);
        BinaryPrimitives.WriteInt64LittleEndian(header[8..], _unit);
        BinaryPrimitives.WriteInt32LittleEndian(header[16..], arguments);
    }

    public ChangeLog Append(ReadOnlySpan<byte> argument)
    {
        Check.That(_argumentsLeft > 0);
        var room = Take(4 + argument.Length);
        BinaryPrimitives.WriteInt32LittleEndian(room, argument.Length);
        argument.CopyTo(room[4..]);
        if (--_argumentsLeft == 0) BinaryPrimitives.WriteInt32LittleEndian(_records.Span[_recordStart..], _used - _recordStart);
        return this;
    }

    public ChangeLog Append(long argument)
    {
        Span<byte> text = stackalloc byte[20];
        System.Buffers.Text.Utf8Formatter.TryFormat(argument, text, out var length);
        return Append(text[..length]);
    }

    /// <summary>Gives all records to the sinks and empties the log. Called at the end of a turn.</summary>
    public void Deliver()
    {
        ClosedOffset = Offset;
        if (_used == 0) return;
        Check.That(_argumentsLeft == 0);
        foreach (var sink in _sinks) sink.Take(new ChangeReader(_records.Span[.._used]), Offset);
        _used = 0;
        if (_records.Length > KeptBytes) _records.Resize(4096, 0);
    }

    public void Dispose() => _records.Dispose();

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

    /// <param name="changes">The turn's records, including those for other targets.</param>
    /// <param name="offset">The log's offset behind the last of them.</param>
    void Take(ChangeReader changes, long offset);
}

/// <summary>Reads the records of a turn one after the other.</summary>
public ref struct ChangeReader(ReadOnlySpan<byte> records)
{
    private const int HeaderBytes = 20;

    private ReadOnlySpan<byte> _rest = records;
    private ReadOnlySpan<byte> _record;

    public readonly ChangeTargets Targets => (ChangeTargets)_record[4];

    public readonly int Database => BinaryPrimitives.ReadUInt16LittleEndian(_record[6..]);

    public readonly long Unit => BinaryPrimitives.ReadInt64LittleEndian(_record[8..]);

    public readonly int Count => BinaryPrimitives.ReadInt32LittleEndian(_record[16..]);

    /// <summary>True when the next record belongs to the same unit as this one.</summary>
    public readonly bool MoreOfUnit => !_rest.IsEmpty && BinaryPrimitives.ReadInt64LittleEndian(_rest[8..]) == Unit;

    public bool Next()
    {
        if (_rest.IsEmpty) return false;
        var size = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        _record = _rest[..size];
        _rest = _rest[size..];
        return true;
    }

    public readonly ChangeArguments Arguments => new(_record[HeaderBytes..]);
}

/// <summary>The arguments of one record, for foreach.</summary>
public ref struct ChangeArguments(ReadOnlySpan<byte> rest)
{
    private ReadOnlySpan<byte> _rest = rest;

    public ReadOnlySpan<byte> Current { get; private set; }

    public readonly ChangeArguments GetEnumerator() => this;

    public bool MoveNext()
    {
        if (_rest.IsEmpty) return false;
        var length = BinaryPrimitives.ReadInt32LittleEndian(_rest);
        Current = _rest.Slice(4, length);
        _rest = _rest[(4 + length)..];
        return true;
    }
}
