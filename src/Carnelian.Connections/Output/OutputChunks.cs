namespace Carnelian;

/// <summary>
/// An element of output: a piece of memory that replies are written into, or a part of bytes that are shared. The command thread fills it and counts
/// what was sent; the lane moves <see cref="Start"/> while it sends.
/// </summary>
public sealed class OutputChunk(BlockAllocator allocator)
{
    private readonly OwnedBlock _block = new(allocator, 0, Purpose.ClientOutput);
    private SharedBytes? _shared;
    private int _sharedLength;

    /// <summary>Takes a block of its own, of so many bytes.</summary>
    internal void Take(int bytes) => _block.Resize(bytes, 0);

    /// <summary>Holds these bytes until the chunk is emptied.</summary>
    internal void Refer(SharedBytes shared, int start, int length)
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
    internal int Capacity => _block.Length;

    /// <summary>Memory that counts as its client's: shared bytes count for each who holds them.</summary>
    internal int MemoryBytes => _shared is null ? _block.Length : _sharedLength;

    internal int Waiting => End - Acknowledged;

    internal int Free => Capacity - End;

    internal Span<byte> Room => _block.Span[End..];

    /// <summary>What the lane may send of it, no more than so many bytes.</summary>
    internal ReadOnlySpan<byte> Unsent(long bytesMax)
    {
        var bytes = (_shared is null ? _block.Span : _shared.Span)[Start..End];
        return bytes.Length > bytesMax ? bytes[..(int)bytesMax] : bytes;
    }

    internal void Reset()
    {
        Start = Acknowledged = End = 0;
        Next = null;
    }

    /// <summary>Gives back what it holds.</summary>
    internal void Clear()
    {
        _block.Dispose();
        _shared?.Release();
        _shared = null;
        _sharedLength = 0;
        Reset();
    }
}

/// <summary>
/// The chunks of one server, small and medium ones kept for use again; others are made to measure. Of those only the object is kept: a thousand clients
/// who are sent a message, and the next, are to leave nothing for the garbage collector.
/// </summary>
public sealed class OutputChunks : IDisposable
{
    public const int SmallBytes = 1024, MediumBytes = 16 * 1024;

    /// <summary>A thousand clients who are sent several messages a turn need a medium chunk each; giving them back and taking them again cost ten times the rest.</summary>
    private const int SmallKept = 1024, MediumKept = 1024, MediumKeptIdle = 64, EmptyKept = 4096, SharedKept = 64;

    private readonly Stack<OutputChunk> _small = new(SmallKept), _medium = new(MediumKept), _empty = new();
    private readonly Stack<SharedBlock> _shared = new();

    /// <summary>Medium chunks that nobody has needed since the last <see cref="Age"/>.</summary>
    private int _mediumUnused;

    private readonly BlockAllocator _allocator;
    private readonly Action<SharedBlock> _freed;

    public OutputChunks(BlockAllocator allocator)
    {
        _allocator = allocator;
        _freed = Keep;
    }

    /// <summary>Memory of the chunks that are kept and belong to no client at present.</summary>
    public long KeptBytes => (long)_small.Count * SmallBytes + (long)_medium.Count * MediumBytes;

    internal OutputChunk Take(int bytes)
    {
        if (bytes <= SmallBytes) return _small.TryPop(out var small) ? small : New(SmallBytes);
        if (bytes > MediumBytes) return New(bytes);
        if (!_medium.TryPop(out var medium)) return New(MediumBytes);
        _mediumUnused = Math.Min(_mediumUnused, _medium.Count);
        return medium;
    }

    /// <summary>Gives back a part of what was not needed since the last time. Called about ten times a second.</summary>
    public void Age()
    {
        for (var left = Math.Min(_mediumUnused, _medium.Count - MediumKeptIdle); left > 0; left -= 8) _medium.Pop().Clear();
        _mediumUnused = _medium.Count;
    }

    /// <summary>An element that is a part of shared bytes.</summary>
    internal OutputChunk Refer(SharedBytes shared, int start, int length)
    {
        var chunk = Empty();
        chunk.Refer(shared, start, length);
        return chunk;
    }

    private OutputChunk New(int bytes)
    {
        var chunk = Empty();
        chunk.Take(bytes);
        return chunk;
    }

    private OutputChunk Empty() => _empty.TryPop(out var empty) ? empty : new(_allocator);

    /// <summary>A message that many are to get, stored once. Whoever makes it releases it when it has been given to all.</summary>
    public SharedBlock Share(ReadOnlySpan<byte> message)
    {
        var shared = Share(message.Length);
        message.CopyTo(shared.Room);
        return shared;
    }

    /// <summary>As <see cref="Share(ReadOnlySpan{byte})"/>, to be written into <see cref="SharedBlock.Room"/>.</summary>
    public SharedBlock Share(int bytes)
    {
        if (!_shared.TryPop(out var shared)) shared = new(_allocator, Purpose.ClientOutput, _freed);
        shared.Take(bytes);
        return shared;
    }

    internal void Return(OutputChunk chunk)
    {
        if (chunk.Capacity == SmallBytes && _small.Count < SmallKept) Keep(_small, chunk);
        else if (chunk.Capacity == MediumBytes && _medium.Count < MediumKept) Keep(_medium, chunk);
        else
        {
            chunk.Clear();
            if (_empty.Count < EmptyKept) _empty.Push(chunk);
        }
    }

    private static void Keep(Stack<OutputChunk> kept, OutputChunk chunk)
    {
        chunk.Reset();
        kept.Push(chunk);
    }

    private void Keep(SharedBlock freed)
    {
        if (_shared.Count < SharedKept) _shared.Push(freed);
    }

    /// <summary>Gives back what is kept for use again.</summary>
    public void Trim()
    {
        while (_small.TryPop(out var chunk)) chunk.Clear();
        while (_medium.TryPop(out var chunk)) chunk.Clear();
        _empty.Clear();
        _shared.Clear();
    }

    public void Dispose() => Trim();
}
