namespace Carnelian;

/// <summary>
/// An element of output: a piece of memory that replies are written into, or a part of bytes that are shared. The command thread fills it and counts
/// what was sent; the lane moves <see cref="Start"/> while it sends.
/// </summary>
public sealed class OutputChunk
{
    private readonly OwnedBlock? _block;
    private readonly SharedBytes? _shared;
    private readonly int _sharedLength;

    public OutputChunk(OwnedBlock block) => _block = block;

    /// <summary>Holds the bytes until the chunk is freed.</summary>
    public OutputChunk(SharedBytes shared, int start, int length)
    {
        shared.Hold();
        _shared = shared;
        _sharedLength = length;
        Start = Acknowledged = start;
        End = start + length;
    }

    /// <summary>Where the lane goes on sending.</summary>
    internal int Start { get; set; }

    /// <summary>Up to here it has told that it sent.</summary>
    internal int Acknowledged { get; set; }

    internal int End { get; set; }

    internal OutputChunk? Next { get; set; }

    internal bool IsShared => _shared is not null;

    /// <summary>Of its own block, bytes.</summary>
    internal int Capacity => _block?.Length ?? 0;

    /// <summary>Memory that counts as its client's: shared bytes count for each who holds them.</summary>
    internal int MemoryBytes => _block?.Length ?? _sharedLength;

    internal int Waiting => End - Acknowledged;

    internal int Free => Capacity - End;

    internal Span<byte> Room => _block!.Span[End..];

    /// <summary>What the lane may send of it, no more than so many bytes.</summary>
    internal ReadOnlySpan<byte> Unsent(long bytesMax)
    {
        var bytes = (_block is null ? _shared!.Span : _block.Span)[Start..End];
        return bytes.Length > bytesMax ? bytes[..(int)bytesMax] : bytes;
    }

    internal void Reset()
    {
        Start = Acknowledged = End = 0;
        Next = null;
    }

    internal void Dispose()
    {
        _block?.Dispose();
        _shared?.Release();
    }
}

/// <summary>The chunks of one server, small and medium ones kept for use again; others are made to measure.</summary>
public sealed class OutputChunks(BlockAllocator allocator) : IDisposable
{
    public const int SmallBytes = 1024, MediumBytes = 16 * 1024;

    private const int SmallKept = 1024, MediumKept = 64;

    private readonly Stack<OutputChunk> _small = new(SmallKept), _medium = new(MediumKept);

    /// <summary>Memory of the chunks that are kept and belong to no client at present.</summary>
    public long KeptBytes => (long)_small.Count * SmallBytes + (long)_medium.Count * MediumBytes;

    internal OutputChunk Take(int bytes)
    {
        if (bytes <= SmallBytes) return _small.TryPop(out var small) ? small : New(SmallBytes);
        if (bytes <= MediumBytes) return _medium.TryPop(out var medium) ? medium : New(MediumBytes);
        return New(bytes);
    }

    private OutputChunk New(int bytes) => new(new OwnedBlock(allocator, bytes, Purpose.ClientOutput));

    /// <summary>A message that many are to get, stored once. Whoever makes it releases it when it has been given to all.</summary>
    public SharedBlock Share(ReadOnlySpan<byte> message)
    {
        var block = new OwnedBlock(allocator, message.Length, Purpose.ClientOutput);
        message.CopyTo(block.Span);
        return new(block);
    }

    internal void Return(OutputChunk chunk)
    {
        if (chunk.Capacity == SmallBytes && _small.Count < SmallKept) Keep(_small, chunk);
        else if (chunk.Capacity == MediumBytes && _medium.Count < MediumKept) Keep(_medium, chunk);
        else chunk.Dispose();
    }

    private static void Keep(Stack<OutputChunk> kept, OutputChunk chunk)
    {
        chunk.Reset();
        kept.Push(chunk);
    }

    /// <summary>Gives back what is kept for use again.</summary>
    public void Trim()
    {
        while (_small.TryPop(out var chunk)) chunk.Dispose();
        while (_medium.TryPop(out var chunk)) chunk.Dispose();
    }

    public void Dispose() => Trim();
}
