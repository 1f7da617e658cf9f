namespace Carnelian;

/// <summary>A piece of output memory; bytes from Start to End wait.</summary>
public sealed class OutputChunk(OwnedBlock block)
{
    public OwnedBlock Block { get; } = block;

    public int Start { get; set; }

    public int End { get; set; }

    public OutputChunk? Next { get; set; }

    public bool IsEmpty => Start == End;

    public int Free => Block.Length - End;

    public Span<byte> Room => Block.Span[End..];

    public ReadOnlySpan<byte> Waiting => Block.Span[Start..End];
}

/// <summary>The chunks of one server, small and medium ones kept for use again; others are made to measure.</summary>
public sealed class OutputChunks(BlockAllocator allocator) : IDisposable
{
    public const int SmallBytes = 1024, MediumBytes = 16 * 1024;

    private const int SmallKept = 1024, MediumKept = 64;

    private readonly Stack<OutputChunk> _small = new(SmallKept), _medium = new(MediumKept);

    /// <summary>Memory of the chunks that are kept and belong to no client at present.</summary>
    public long KeptBytes => (long)_small.Count * SmallBytes + (long)_medium.Count * MediumBytes;

    public OutputChunk Take(int bytes)
    {
        if (bytes <= SmallBytes) return _small.TryPop(out var small) ? small : New(SmallBytes);
        if (bytes <= MediumBytes) return _medium.TryPop(out var medium) ? medium : New(MediumBytes);
        return New(bytes);
    }

    private OutputChunk New(int bytes) => new(new OwnedBlock(allocator, bytes, Purpose.ClientOutput));

    public void Return(OutputChunk chunk)
    {
        chunk.Start = chunk.End = 0;
        chunk.Next = null;
        if (chunk.Block.Length == SmallBytes && _small.Count < SmallKept) _small.Push(chunk);
        else if (chunk.Block.Length == MediumBytes && _medium.Count < MediumKept) _medium.Push(chunk);
        else chunk.Block.Dispose();
    }

    /// <summary>Gives back what is kept for use again.</summary>
    public void Trim()
    {
        while (_small.TryPop(out var chunk)) chunk.Block.Dispose();
        while (_medium.TryPop(out var chunk)) chunk.Block.Dispose();
    }

    public void Dispose() => Trim();
}
