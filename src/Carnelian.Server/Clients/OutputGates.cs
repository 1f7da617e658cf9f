namespace Carnelian;

/// <summary>
/// Which bytes of an output wait for which offset of the change log: pairs of a position in the stream and the offset that has to
/// be released before bytes up to there may leave. Empty unless something gates output.
/// </summary>
public sealed class OutputGates
{
    private readonly Queue<(long Position, long Offset)> _gates = new(0);
    private long _sent;
    private long _allowedUpTo;
    private long _lastPosition;
    private long _lastOffset;

    /// <summary>Holds all output up to here back until the offset is released.</summary>
    /// <param name="waiting">Bytes in the output.</param>
    public void Add(long waiting, long offset)
    {
        var position = _sent + waiting;
        if (position == _lastPosition && offset == _lastOffset) return;
        _gates.Enqueue((position, offset));
        _lastPosition = position;
        _lastOffset = offset;
    }

    /// <summary>How many bytes from the front may leave.</summary>
    public long Allowed(long waiting, long releasedOffset)
    {
        if (_gates.Count == 0) return waiting;
        while (_gates.TryPeek(out var gate) && gate.Offset <= releasedOffset)
        {
            _allowedUpTo = gate.Position;
            _gates.Dequeue();
        }
        // Bytes behind the last gate (a push) wait for nothing.
        return _gates.Count == 0 ? waiting : Math.Max(0, _allowedUpTo - _sent);
    }

    public void Sent(long bytes) => _sent += bytes;
}
