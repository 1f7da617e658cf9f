namespace Carnelian;

/// <summary>The lane's place in a chain of output: how much may leave, and where to go on. A field of whoever sends.</summary>
internal struct OutputCursor
{
    private long _toSend;

    /// <summary>The chunk in which that begins; null while there is none.</summary>
    private OutputChunk? _chunk;

    /// <summary>Nothing is left that may leave.</summary>
    public readonly bool IsIdle => _toSend == 0;

    /// <summary>So many bytes more may leave.</summary>
    /// <param name="begin">The chunk in which they begin.</param>
    public void Add(long bytes, OutputChunk begin)
    {
        _toSend += bytes;
        _chunk ??= begin;
    }

    public void Clear() => (_toSend, _chunk) = (0, null);

    /// <summary>Sends as much as the peer takes.</summary>
    /// <param name="failed">The connection is of no use any more.</param>
    /// <returns>Bytes sent.</returns>
    public long Send(Connection connection, UnsentParts parts, out bool failed)
    {
        long total = 0;
        var sent = 0;
        while (_toSend > 0)
        {
            sent = SendSome(connection, parts, out var offered);
            if (sent <= 0) break;
            Advance(sent);
            total += sent;
            if (sent < offered) break;
        }
        if (_toSend == 0) _chunk = null;
        failed = sent == Connection.Failed;
        return total;
    }

    /// <summary>Offers the next chunk, or several at once: many messages lie in one each, and a long value between what stands before and behind it.</summary>
    private readonly int SendSome(Connection connection, UnsentParts parts, out long offered)
    {
        var first = _chunk!.Unsent(_toSend);
        offered = first.Length;
        if (offered == _toSend) return connection.Send(first);
        parts.Begin(_chunk, _toSend);
        var sent = connection.Send(parts);
        offered = parts.Offered;
        return sent;
    }

    private void Advance(int sent)
    {
        _toSend -= sent;
        while (sent > 0)
        {
            var chunk = _chunk!;
            var part = Math.Min(sent, chunk.End - chunk.Start);
            chunk.Start += part;
            sent -= part;
            // A chunk whose end was sent may be gone as soon as that is told.
            if (chunk.Start == chunk.End && sent + _toSend > 0) _chunk = chunk.Next;
        }
    }
}
