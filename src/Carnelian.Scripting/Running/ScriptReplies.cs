namespace Carnelian;

/// <summary>The reply to a call of a script, until the script has it. One at a time.</summary>
internal sealed class ScriptReplies : ReplySink
{
    private const int UsualBytes = 4096, KeptBytes = 1 << 20;

    private byte[] _bytes = new byte[UsualBytes];
    private int _used;
    private long _bytesMax;
    private bool _hasDropped;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _used);

    /// <summary>The reply is longer than may be; parts of it may not have been kept.</summary>
    public bool IsOverlong => _hasDropped || _used > _bytesMax;

    public override Span<byte> Reserve(int bytes)
    {
        if (_used + (long)bytes > _bytesMax)
        {
            _hasDropped = true;
            _used = 0;
        }
        if (_bytes.Length - _used < bytes) Array.Resize(ref _bytes, checked((int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)_used + bytes))));
        return _bytes.AsSpan(_used);
    }

    public override void Commit(int bytes) => _used += bytes;

    /// <summary>Begins another reply.</summary>
    public void Begin(long bytesMax = long.MaxValue)
    {
        _bytesMax = Math.Min(bytesMax, Array.MaxLength);
        _used = 0;
        _hasDropped = false;
        if (_bytes.Length > KeptBytes) _bytes = new byte[UsualBytes];
    }
}
