namespace Carnelian;

/// <summary>
/// What waits to be sent to one client: a chain of native chunks, none while there is nothing. Small replies of an
/// ordinary turn fit into one small chunk, so that five hundred of them stay in the processor's cache.
/// </summary>
public sealed class OutputBuffer(OutputChunks chunks) : ReplySink
{
    private OutputChunk? _first;
    private OutputChunk? _last;

    /// <summary>The one before <see cref="_last"/>, while that is not the first.</summary>
    private OutputChunk? _beforeLast;

    /// <summary>Bytes that wait.</summary>
    public long Length { get; private set; }

    /// <summary>Memory that the chunks take.</summary>
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
        _first is { } chunk && chunk.Block.Length <= OutputChunks.MediumBytes ? (chunk.Block.Length, chunk.Waiting.Length) : default;

    /// <summary>Memory of the other chunks: what client-output-buffer-limit limits.</summary>
    public long QueuedMemoryBytes => MemoryBytes - Beginning.Bytes;

    /// <summary>The connection to which long values are sent at once, uncopied; null while all output waits for the end of the turn.</summary>
    public Connection? Direct { get; set; }

    /// <summary>Bytes that <see cref="Pass"/> has sent past the buffer, or ahead of it, since this was last taken.</summary>
    public long PassedBytes { get; set; }

    public override Span<byte> Reserve(int bytes)
    {
        if (_last is null || _last.Free < bytes) Append(bytes);
        return _last!.Room;
    }

    public override void Commit(int bytes)
    {
        if (Drops || IsMuted) return;
        _last!.End += bytes;
        Length += bytes;
    }

    public override int Pass(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> end)
    {
        if (Direct is null || Drops || IsMuted || _first is not { } chunk) return 0;
        // First all chunks but the last, behind which the value begins.
        if (chunk != _last) PassedBytes += Math.Max(Send(Direct, Length - _last!.Waiting.Length), 0);
        if (_first != _last || _last!.IsEmpty) return 0;
        var head = _last.Waiting.Length;
        var sent = Math.Max(Direct.Send(_last.Waiting, bytes, end), 0);
        PassedBytes += sent;
        _last.Start += Math.Min(sent, head);
        Length -= Math.Min(sent, head);
        if (IsEmpty) Clear();
        return Math.Max(sent - head, 0);
    }

    private void Append(int bytes)
    {
        if (_last is { IsEmpty: true }) DropLast();
        var chunk = chunks.Take(_first is null ? bytes : Math.Max(bytes, OutputChunks.MediumBytes));
        chunk.Next = null;
        MemoryBytes += chunk.Block.Length;
        ChunkCount++;
        if (_last is null) _first = chunk;
        else _last.Next = chunk;
        _beforeLast = _last;
        _last = chunk;
        if (HardBytes > 0 && !IsMuted && (ulong)QueuedMemoryBytes >= HardBytes) Drops = true;
    }

    /// <summary>Removes the empty last chunk, so that a larger one can take its place.</summary>
    private void DropLast()
    {
        var empty = _last!;
        _last = empty == _first ? null : _beforeLast;
        if (_last is null) _first = null;
        else _last.Next = null;
        Release(empty);
    }

    private void Release(OutputChunk chunk)
    {
        MemoryBytes -= chunk.Block.Length;
        ChunkCount--;
        chunks.Return(chunk);
    }

    /// <summary>Sends what may leave.</summary>
    /// <param name="bytesMax">Bytes from the front that may leave.</param>
    /// <returns>Bytes sent, or <see cref="Connection.Failed"/>. Fewer than allowed: the peer reads slowly.</returns>
    public long Send(Connection connection, long bytesMax)
    {
        long total = 0;
        while (_first is { } chunk && total < bytesMax)
        {
            var bytes = chunk.Waiting;
            if (bytes.Length > bytesMax - total) bytes = bytes[..(int)(bytesMax - total)];
            if (bytes.IsEmpty) break;
            var sent = connection.Send(bytes);
            if (sent == Connection.Failed) return Connection.Failed;
            if (sent <= 0) break;
            chunk.Start += sent;
            Length -= sent;
            total += sent;
            if (!chunk.IsEmpty) break;
            RemoveFirst();
        }
        if (Length == 0) Clear();
        return total;
    }

    private void RemoveFirst()
    {
        var chunk = _first!;
        _first = chunk.Next;
        if (_first is null) _last = null;
        Release(chunk);
    }

    public void Clear()
    {
        while (_first is not null) RemoveFirst();
        Length = 0;
    }
}
