namespace Carnelian;

/// <summary>What is to be sent of a chain of output, chunk by chunk.</summary>
internal sealed class UnsentParts : ISendParts
{
    private OutputChunk? _chunk;
    private long _left;

    /// <summary>Bytes of the parts that were asked for.</summary>
    public long Offered { get; private set; }

    public void Begin(OutputChunk chunk, long bytes) => (_chunk, _left, Offered) = (chunk, bytes, 0);

    public ReadOnlySpan<byte> Next()
    {
        if (_left == 0) return default;
        var part = _chunk!.Unsent(_left);
        _left -= part.Length;
        Offered += part.Length;
        if (_left > 0) _chunk = _chunk.Next;
        return part;
    }
}
