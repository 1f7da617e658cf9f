namespace Carnelian;

/// <summary>
/// Where an <see cref="RdbReader"/> gets a file from, a chunk at a time, with the checksum of what it has consumed. The chunk is all that is kept of the file. Used by one thread
/// at a time.
/// </summary>
/// <param name="chunkBytes">What lies within so many bytes is read without a copy.</param>
public abstract class RdbSource(int chunkBytes = 256 << 10)
{
    private readonly byte[] _chunk = new byte[chunkBytes];
    private int _used;
    private int _summed;
    private ulong _checksum;

    /// <summary>Bytes of the whole, as far as they are known; <see cref="long.MaxValue"/>: nobody knows.</summary>
    public abstract long Length { get; }

    /// <summary>Why reading failed, if it did: that is no fault of what is read.</summary>
    public string? Failure { get; protected set; }

    /// <summary>Reads some bytes; 0 at the end, or after a failure.</summary>
    protected abstract int Read(Span<byte> to);

    /// <summary>Bytes that were read up to the last time that more were needed, from the beginning.</summary>
    public long Consumed { get; private set; }

    /// <summary>False: the checksum is of no interest to anybody (rdbchecksum), and 0.</summary>
    public bool Sums { get; init; } = true;

    /// <summary>What was read and is not consumed yet.</summary>
    internal ReadOnlySpan<byte> Rest => _chunk.AsSpan(0, _used);

    internal int ChunkBytes => _chunk.Length;

    /// <summary>Drops what was consumed and reads more, until there are so many bytes or the end has come. Returns what there is.</summary>
    internal ReadOnlySpan<byte> Refill(int consumed, int wanted)
    {
        Sum(consumed);
        _chunk.AsSpan(consumed, _used - consumed).CopyTo(_chunk);
        _used -= consumed;
        Consumed += consumed;
        _summed = 0;
        while (_used < Math.Min(wanted, _chunk.Length))
        {
            var read = Read(_chunk.AsSpan(_used));
            if (read == 0) break;
            _used += read;
        }
        return _chunk.AsSpan(0, _used);
    }

    /// <summary>The checksum of all up to a place in the chunk, which does not lie before the last one.</summary>
    internal ulong Sum(int until)
    {
        if (Sums) _checksum = Crc64.Append(_checksum, _chunk.AsSpan(_summed, until - _summed));
        _summed = until;
        return _checksum;
    }
}
