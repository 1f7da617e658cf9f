namespace Carnelian;

/// <summary>
/// Which bytes of an output may leave: pairs of a position in the stream and the offset of the change log that has to be released before bytes up to
/// there may leave. One pair per hand-over: whatever was written by then, a reply, a late one or a push, tells of nothing that was changed later. Empty
/// unless output waits for changes to be safe.
/// </summary>
internal struct OutputRelease
{
    private Queue<(long Position, long Offset)>? _pairs;
    private long _sent;
    private long _allowedUpTo;

    /// <summary>Holds all output up to here back until the offset is released.</summary>
    /// <param name="waiting">Bytes in the output.</param>
    public void Add(long waiting, long offset) => (_pairs ??= new()).Enqueue((_sent + waiting, offset));

    /// <summary>How many bytes from the front may leave.</summary>
    public long Allowed(long waiting, long releasedOffset)
    {
        if (_pairs is not { Count: > 0 }) return waiting;
        while (_pairs.TryPeek(out var pair) && pair.Offset <= releasedOffset)
        {
            _allowedUpTo = pair.Position;
            _pairs.Dequeue();
        }
        return _pairs.Count == 0 ? waiting : Math.Max(0, _allowedUpTo - _sent);
    }

    public void Sent(long bytes) => _sent += bytes;
}
