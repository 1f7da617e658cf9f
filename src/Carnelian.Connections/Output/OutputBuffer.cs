namespace Carnelian;

/// <summary>
/// What waits to be sent to one client: a chain of chunks, none while there is nothing. Small replies of an
/// ordinary turn fit into one small chunk, so that five hundred of them stay in the processor's cache. The command thread owns the chain: it writes at
/// the end, hands bytes over to the lane, and frees in front what the lane has sent.
/// </summary>
public sealed class OutputBuffer(OutputChunks chunks) : ReplySink
{
    private OutputChunk? _first;
    private OutputChunk? _last;

    /// <summary>The one before <see cref="_last"/>, while that is not the first.</summary>
    private OutputChunk? _beforeLast;

    /// <summary>Where the bytes end that were handed over, and the chunk that this lies in; null: all of the chain follows.</summary>
    private OutputChunk? _boundary;
    private int _boundaryAt;

    /// <summary>Bytes that wait, handed over or not.</summary>
    public long Length { get; private set; }

    /// <summary>Bytes of these that the lane may send and has not told to be sent.</summary>
    public long HandedOver { get; private set; }

    /// <summary>Memory that the chunks take; shared bytes count as if they were the client's alone.</summary>
    public long MemoryBytes { get; private set; }

    public int ChunkCount { get; private set; }

    public bool IsEmpty => Length == 0;

    /// <summary>When <see cref="QueuedMemoryBytes"/> reaches this, nothing more is kept; 0: no limit.</summary>
    public ulong HardBytes { get; set; }

    /// <summary>Replies are dropped for good: the client is over its limit, or about to be closed.</summary>
    public bool Drops { get; set; }

    /// <summary>Replies are dropped at present: CLIENT REPLY OFF and SKIP.</summary>
    public bool IsMuted { get; set; }

    /// <summary>
    /// The chunk in which output begins, and what waits in it, unless it is larger than any that is kept for use again: what Redis calls the
    /// static reply buffer, and does not count against limits.
    /// </summary>
    public (int Bytes, int Waiting) Beginning =>
        _first is { IsShared: false, Capacity: <= OutputChunks.MediumBytes } chunk ? (chunk.Capacity, chunk.Waiting) : default;

    /// <summary>Memory of the other chunks: what client-output-buffer-limit limits.</summary>
    public long QueuedMemoryBytes => MemoryBytes - Beginning.Bytes;

    // ---- writing

    public override Span<byte> Reserve(int bytes)
    {
        if (_last is null || _last.Free < bytes)
        {
            DropEmptyLast();
            Append(chunks.Take(_last is null or { IsShared: true } ? bytes : Math.Max(bytes, OutputChunks.MediumBytes)));
        }
        return _last!.Room;
    }

    public override void Commit(int bytes)
    {
        if (Drops || IsMuted) return;
        _last!.End += bytes;
        Length += bytes;
    }

    public override bool TryRefer(SharedBytes bytes, int start, int length)
    {
        if (Drops || IsMuted) return true;
        DropEmptyLast();
        Append(chunks.Refer(bytes, start, length));
        if (!Drops) Length += length;
        return true;
    }

    /// <summary>Takes over all that another output holds.</summary>
    internal void Append(OutputBuffer other)
    {
        while (other._first is { } chunk)
        {
            other.Unlink(chunk);
            DropEmptyLast();
            var waiting = chunk.Waiting;
            Append(chunk);
            if (!Drops) Length += waiting;
        }
        other.Length = 0;
    }

    private void Append(OutputChunk chunk)
    {
        chunk.Next = null;
        MemoryBytes += chunk.MemoryBytes;
        ChunkCount++;
        if (_last is null) _first = chunk;
        else _last.Next = chunk;
        _beforeLast = _last;
        _last = chunk;
        if (HardBytes > 0 && !IsMuted && (ulong)QueuedMemoryBytes >= HardBytes) Drops = true;
    }

    /// <summary>Removes the last chunk if it is empty, so that another can take its place.</summary>
    private void DropEmptyLast()
    {
        if (_last is not { Waiting: 0 } empty) return;
        if (_boundary == empty) _boundary = null;
        _last = empty == _first ? null : _beforeLast;
        if (_last is null) _first = null;
        else _last.Next = null;
        Release(empty);
    }

    private void Release(OutputChunk chunk)
    {
        MemoryBytes -= chunk.MemoryBytes;
        ChunkCount--;
        chunks.Return(chunk);
    }

    // ---- sending

    /// <summary>Lets the lane have so many bytes more.</summary>
    /// <returns>The chunk in which they begin.</returns>
    internal OutputChunk HandOver(long bytes)
    {
        Check.That(bytes > 0 && HandedOver + bytes <= Length);
        HandedOver += bytes;
        var chunk = _boundary ?? _first!;
        var at = _boundary is null ? chunk.Acknowledged : _boundaryAt;
        if (at == chunk.End) (chunk, at) = (chunk.Next!, chunk.Next!.Acknowledged);
        var begin = chunk;
        while (bytes > chunk.End - at)
        {
            bytes -= chunk.End - at;
            chunk = chunk.Next!;
            at = chunk.Acknowledged;
        }
        (_boundary, _boundaryAt) = (chunk, at + (int)bytes);
        return begin;
    }

    /// <summary>The lane has sent so many bytes.</summary>
    internal void Sent(long bytes)
    {
        Check.That(bytes <= HandedOver);
        HandedOver -= bytes;
        Length -= bytes;
        while (bytes > 0)
        {
            var chunk = _first!;
            var part = (int)Math.Min(bytes, chunk.Waiting);
            chunk.Acknowledged += part;
            bytes -= part;
            if (chunk.Waiting == 0 && chunk != _last) RemoveFirst();
        }
        if (Length == 0) Clear();
    }

    private void RemoveFirst()
    {
        var chunk = _first!;
        Unlink(chunk);
        chunks.Return(chunk);
    }

    /// <summary>Takes the first chunk out.</summary>
    private void Unlink(OutputChunk chunk)
    {
        _first = chunk.Next;
        if (_first is null) _last = null;
        if (_boundary == chunk) _boundary = null;
        MemoryBytes -= chunk.MemoryBytes;
        ChunkCount--;
    }

    public void Clear()
    {
        while (_first is not null) RemoveFirst();
        Length = HandedOver = 0;
    }
}
