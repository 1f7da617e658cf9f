namespace Carnelian;

/// <summary>The reply to a call of a script, until the script has it. One at a time.</summary>
internal sealed class ScriptReplies : ReplySink
{
    private const int UsualBytes = 4096, KeptBytes = 1 << 20;

    private byte[] _bytes = new byte[UsualBytes];
    private int _used;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(0, _used);

    public override Span<byte> Reserve(int bytes)
    {
        if (_bytes.Length - _used < bytes) Array.Resize(ref _bytes, checked((int)Math.Min(Array.MaxLength, Math.Max(2L * _bytes.Length, (long)_used + bytes))));
        return _bytes.AsSpan(_used);
    }

    public override void Commit(int bytes) => _used += bytes;

    public void Clear()
    {
        _used = 0;
        if (_bytes.Length > KeptBytes) _bytes = new byte[UsualBytes];
    }
}
