using System.Buffers;
using System.Text;

namespace Carnelian;

/// <summary>
/// Reads the commands of an append-only file one after the other, with the offset of each and of what is wrong. Trusts nothing: an announced length or count takes no memory that the rest of the file
/// could not fill. Knows no keyspace; the RDB part that a file may begin with is read before, by <see cref="RdbFileReader"/>. Used by one thread at a time.
/// <code>file: | RDB? | (annotation | command) … |     annotation: | # … \r\n |, below 1,024 bytes     command: | *arguments\r\n | ($length\r\n | bytes | \r\n) … |</code>
/// </summary>
/// <param name="file">Stays the caller's.</param>
/// <param name="start">Where the commands begin.</param>
public sealed class AppendOnlyReader(DiskFile file, BlockAllocator allocator, long start = 0) : IDisposable
{
    /// <summary>What is read at once, bytes. A longer command makes the buffer longer while it is read.</summary>
    private const int BufferBytes = 1 << 20;

    /// <summary>The longest annotation, with its line's end, bytes.</summary>
    public const int AnnotationBytesMax = 1023;

    private readonly long _length = file.Length;
    private readonly ArgumentList _arguments = new(keptCapacity: 32 * 1024);
    private readonly CommandFrame _frame = new();
    private OwnedBlock _buffer = new(allocator, BufferBytes, Purpose.Other);
    private int _filled;

    /// <summary>Where in the buffer the next item begins.</summary>
    private int _next;

    /// <summary>Offset in the file of the buffer's first byte, and of what is to be read next.</summary>
    private long _bufferOffset = start, _readOffset = start;

    private string? _failure;
    private int _annotationLength;

    /// <summary>Does a file begin with a snapshot as RDB?</summary>
    public static bool BeginsWithRdb(ReadOnlySpan<byte> beginning) => beginning.StartsWith("REDIS"u8) || beginning.StartsWith("VALKEY"u8);

    /// <summary>Offset of the item that was read last, and of what is behind it.</summary>
    public long ItemStart { get; private set; } = start;

    public long ItemEnd => _bufferOffset + _next;

    /// <summary>Up to here the file is whole: behind the last command that is in no open transaction.</summary>
    public long SafeEnd { get; private set; } = start;

    /// <summary>Where the open transaction begins, -1 if none is open.</summary>
    public long TransactionStart { get; private set; } = -1;

    /// <summary>MULTI within a transaction, or EXEC outside: offset of the first one, or -1.</summary>
    public long StrayTransaction { get; private set; } = -1;

    /// <summary>Lines read so far: those of counts and lengths, arguments, annotations.</summary>
    public long Lines { get; private set; }

    /// <summary>Records whose checksum was compared, and right.</summary>
    public long Verified { get; private set; }

    /// <summary>Why there is nothing more to read.</summary>
    public AppendOnlyError Error { get; private set; }

    /// <summary>Of a command. Live until something more is read.</summary>
    public Arguments Arguments => new(_buffer.Span[_frame.Start..], _arguments.Slice(0, _arguments.Count), _arguments);

    /// <summary>An annotation from its # on, without its line's end. Lives until something more is read.</summary>
    public ReadOnlySpan<byte> Annotation => _buffer.Span.Slice((int)(ItemStart - _bufferOffset), _annotationLength);

    /// <summary>Reads the next item. What ends the file or is wrong is told again and again.</summary>
    public AppendOnlyItem Next()
    {
        if (Error.Kind != AppendOnlyErrorKind.None) return Result();
        _arguments.Clear();
        ItemStart = ItemEnd;
        if (_filled == _next && !TryFill(1)) return _failure is null ? End() : Fail(AppendOnlyError.Disk(ItemStart, _failure));
        if (_buffer.Span[_next] == '#') return ReadAnnotation();
        _frame.Begin(_next);
        while (true)
        {
            switch (_frame.Parse(_buffer.Span[.._filled], _arguments, takesApart: true))
            {
                case FrameStep.Complete:
                    Accept(0);
                    return AppendOnlyItem.Command;
                case FrameStep.Apart:
                    if (!TryTakeApart()) return FailAtEnd();
                    break;
                case FrameStep.Incomplete:
                    if (_frame.BytesWanted > _length - _readOffset + _filled || !TryFill(1)) return FailAtEnd();
                    break;
                default: return Fail(_frame.ErrorAt(_bufferOffset));
            }
        }
    }

    /// <summary>
    /// Makes a batch of the commands that come next, as far as they are in memory; annotations among them are passed over. False if there is none: then <see cref="Next"/> tells what is there. The batch lives until
    /// something more is read.
    /// </summary>
    public bool TryBatch(RequestBatch batch)
    {
        if (Error.Kind != AppendOnlyErrorKind.None) return false;
        _arguments.Clear();
        batch.BeginParsed(_buffer, _next, _arguments);
        var input = _buffer.Span[.._filled];
        while (batch.Count < RequestBatch.RequestsMax && _next < _filled)
        {
            if (input[_next] == '#')
            {
                if (!TrySkipAnnotation(input)) break;
                continue;
            }
            var first = _arguments.Count;
            _frame.Begin(_next);
            if (_frame.Parse(input, _arguments, takesApart: false) != FrameStep.Complete) break;
            ItemStart = ItemEnd;
            Accept(first);
            batch.AddParsed(_frame.Start, _frame.End, first);
        }
        return batch.Count > 0;
    }

    private void Accept(int firstArgument)
    {
        _next = _frame.End;
        Lines += 1 + 2L * (_arguments.Count - firstArgument);
        NoteTransaction(_arguments.Slice(firstArgument, 1)[0]);
        if (TransactionStart < 0) SafeEnd = ItemEnd;
    }

    private void NoteTransaction(Argument name)
    {
        if (name.Length is not (4 or 5) || name.Start < 0) return;
        var word = _buffer.Span.Slice(_frame.Start + name.Start, name.Length);
        if (Ascii.EqualsIgnoreCase(word, "multi"u8))
        {
            if (TransactionStart >= 0) NoteStray();
            else TransactionStart = ItemStart;
        }
        else if (Ascii.EqualsIgnoreCase(word, "exec"u8))
        {
            if (TransactionStart < 0) NoteStray();
            TransactionStart = -1;
        }
    }

    private void NoteStray()
    {
        if (StrayTransaction < 0) StrayTransaction = ItemStart;
    }

    private AppendOnlyItem ReadAnnotation()
    {
        int end;
        while ((end = LineEnd(_buffer.Span[.._filled])) < 0)
        {
            if (_filled - _next >= AnnotationBytesMax) return Fail(AppendOnlyError.LongAnnotation(ItemStart));
            if (!TryFill(1)) return FailAtEnd();
        }
        var line = _buffer.Span[_next..end];
        if (line.Contains((byte)0)) return Fail(AppendOnlyError.LostAnnotation(ItemStart));
        if (RecordChecksum.TryRead(WithoutReturn(line), out var told, out var bytes))
        {
            // The line stays where it is, while what is behind it is read.
            var behind = end + 1 - _next;
            var found = SumBehind(behind, bytes);
            if (found is not { } checksum) return FailAtEnd();
            if (checksum != told) return Fail(AppendOnlyError.Checksum(ItemStart, told, checksum));
            Verified++;
            end = _next + behind - 1;
            line = _buffer.Span[_next..end];
        }
        _annotationLength = WithoutReturn(line).Length;
        _next = end + 1;
        Lines++;
        return AppendOnlyItem.Annotation;
    }

    /// <summary>The checksum of bytes that follow the item in the file; null if they are not all there.</summary>
    /// <param name="behind">How far behind the item's beginning they begin.</param>
    private uint? SumBehind(int behind, int bytes)
    {
        if (_length - (ItemStart + behind) < bytes) return null;
        if (behind + (long)bytes <= BufferBytes)
        {
            while (_filled - _next < behind + bytes)
                if (!TryFill(1)) return null;
            return RecordChecksum.Of(_buffer.Span.Slice(_next + behind, bytes));
        }
        // A long one is summed up from the disk and then read once more.
        var checksum = ~0u;
        var piece = ArrayPool<byte>.Shared.Rent(64 << 10);
        for (long at = ItemStart + behind, end = at + bytes; at < end;)
        {
            var read = file.ReadAt(at, piece.AsSpan(0, (int)Math.Min(piece.Length, end - at)));
            _failure ??= read.Status.Error;
            if (read.Value <= 0) break;
            checksum = RecordChecksum.Append(checksum, piece.AsSpan(0, read.Value));
            if ((at += read.Value) == end) bytes = 0;
        }
        ArrayPool<byte>.Shared.Return(piece);
        return bytes == 0 ? ~checksum : null;
    }

    /// <summary>Passes over an annotation in a batch; false if it takes more than is in memory, has a checksum that is wrong, or is no text.</summary>
    private bool TrySkipAnnotation(ReadOnlySpan<byte> input)
    {
        var end = LineEnd(input);
        if (end < 0) return false;
        var line = input[_next..end];
        if (line.Contains((byte)0)) return false;
        if (RecordChecksum.TryRead(WithoutReturn(line), out var told, out var bytes))
        {
            if (bytes > input.Length - end - 1 || RecordChecksum.Of(input.Slice(end + 1, bytes)) != told) return false;
            Verified++;
        }
        _next = end + 1;
        Lines++;
        return true;
    }

    /// <summary>Where the line that begins at the next item ends; -1 if not within what an annotation may have, or in memory.</summary>
    private int LineEnd(ReadOnlySpan<byte> input)
    {
        var end = input.Slice(_next, Math.Min(AnnotationBytesMax, input.Length - _next)).IndexOf((byte)'\n');
        return end < 0 ? -1 : _next + end;
    }

    private static ReadOnlySpan<byte> WithoutReturn(ReadOnlySpan<byte> line) => line.Length > 0 && line[^1] == '\r' ? line[..^1] : line;

    /// <summary>Reads a long argument into a block of its own, which whoever stores it may take over; what the buffer has of it leaves the buffer.</summary>
    private bool TryTakeApart()
    {
        var length = _frame.Announced;
        if (length > _length - _readOffset + (_filled - _frame.Cursor)) return false;
        var block = new OwnedBlock(allocator, length, Purpose.Other);
        var there = Math.Min(length, _filled - _frame.Cursor);
        _buffer.Span.Slice(_frame.Cursor, there).CopyTo(block.Span);
        _buffer.Span[(_frame.Cursor + there).._filled].CopyTo(_buffer.Span[_frame.Cursor..]);
        _filled -= there;
        while (there < length)
        {
            var read = file.ReadAt(_readOffset, block.Span[there..]);
            _failure ??= read.Status.Error;
            if (read.Value <= 0) break;
            _readOffset += read.Value;
            there += read.Value;
        }
        _arguments.Add(block, length);
        if (there < length) return false;
        _bufferOffset += length;
        _frame.SkipAnnounced();
        return true;
    }

    /// <summary>Reads some more bytes behind those that the buffer has, whose beginning it may move to its front. False at the end of the file, or when the disk fails.</summary>
    private bool TryFill(int bytes)
    {
        if (_filled == _buffer.Length) MakeRoom();
        while (bytes > 0 && _readOffset < _length && _failure is null)
        {
            var read = file.ReadAt(_readOffset, _buffer.Span[_filled.._buffer.Length]);
            _failure = read.Status.Error;
            if (read.Value <= 0) break;
            _readOffset += read.Value;
            _filled += read.Value;
            bytes -= read.Value;
        }
        return bytes <= 0;
    }

    private void MakeRoom()
    {
        if (_next == 0)
        {
            _buffer.Resize(2 * _buffer.Length, _filled);
            return;
        }
        _buffer.Span[_next.._filled].CopyTo(_buffer.Span);
        _filled -= _next;
        _bufferOffset += _next;
        _frame.Move(_next);
        _next = 0;
        // What a long command has left behind is not kept.
        if (_buffer.Length > BufferBytes && _filled <= BufferBytes / 2) _buffer.Resize(BufferBytes, _filled);
    }

    private AppendOnlyItem End() => TransactionStart >= 0 ? Fail(AppendOnlyError.EndOfFile(ItemStart)) : AppendOnlyItem.End;

    private AppendOnlyItem FailAtEnd() => Fail(_failure is null ? AppendOnlyError.EndOfFile(_length) : AppendOnlyError.Disk(ItemStart, _failure));

    private AppendOnlyItem Fail(AppendOnlyError error)
    {
        Error = error;
        return Result();
    }

    private AppendOnlyItem Result() => Error.Kind switch
    {
        AppendOnlyErrorKind.EndOfFile => AppendOnlyItem.Truncated,
        AppendOnlyErrorKind.Disk => AppendOnlyItem.Unreadable,
        _ => AppendOnlyItem.Malformed,
    };

    public void Dispose()
    {
        _arguments.Clear();
        _buffer.Dispose();
    }
}
