namespace Carnelian;

/// <summary>Writes a file a chunk at a time, and knows the checksum of all that was written. Long strings go out as they are, without a copy.</summary>
/// <param name="chunkBytes">What is collected before it is written.</param>
public abstract class RdbChunks(int chunkBytes = 64 << 10) : RdbOutput(chunkBytes)
{
    private ulong _checksum;
    private long _out;

    /// <summary>Bytes so far.</summary>
    public long Written => _out + Used;

    /// <summary>False: the checksum is left out (rdbchecksum), and 0.</summary>
    public bool Sums { get; init; } = true;

    /// <summary>The checksum of all bytes so far.</summary>
    public ulong Checksum
    {
        get
        {
            Flush();
            return _checksum;
        }
    }

    /// <summary>Writes bytes; who fails remembers it and is asked at the end.</summary>
    protected abstract void Put(ReadOnlySpan<byte> bytes);

    /// <summary>Writes what was collected.</summary>
    public void Flush()
    {
        PutSummed(Buffer.AsSpan(0, Used));
        Used = 0;
    }

    private void PutSummed(ReadOnlySpan<byte> bytes)
    {
        Sum(bytes);
        if (!bytes.IsEmpty) Put(bytes);
    }

    /// <summary>Counts bytes that get to their place in another way.</summary>
    protected void Sum(ReadOnlySpan<byte> bytes)
    {
        if (Sums) _checksum = Crc64.Append(_checksum, bytes);
        _out += bytes.Length;
    }

    protected sealed override void MakeRoom(int bytes) => Flush();

    public sealed override void Bytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > Buffer.Length - Used) Flush();
        if (bytes.Length > Buffer.Length)
        {
            PutSummed(bytes);
            return;
        }
        bytes.CopyTo(Buffer.AsSpan(Used));
        Used += bytes.Length;
    }
}
