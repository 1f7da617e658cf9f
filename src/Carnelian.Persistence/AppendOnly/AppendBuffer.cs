namespace Carnelian;

/// <summary>Bytes on their way to the append-only file: filled on the command thread, then read by a worker, then given back.</summary>
internal sealed class AppendBuffer(BlockAllocator allocator) : IDisposable
{
    private const int BlockBytes = 64 << 10;

    private readonly List<(OwnedBlock Block, int Used)> _full = [];
    private OwnedBlock? _last;
    private int _used;
    private long _fullBytes;

    /// <summary>Bytes in all.</summary>
    public long Length => _fullBytes + _used;

    public int BlockCount => _full.Count + (_last is null ? 0 : 1);

    public ReadOnlySpan<byte> Block(int index) => index < _full.Count ? _full[index].Block.Span[.._full[index].Used] : _last!.Span[.._used];

    /// <summary>Room for at least so many bytes in one piece, of which <see cref="Commit"/> takes as many as were written.</summary>
    public Span<byte> Reserve(int bytes)
    {
        if (_last is null || _last.Length - _used < bytes) AddBlock(bytes);
        return _last!.Span[_used..];
    }

    public void Commit(int bytes) => _used += bytes;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (_last is not null)
        {
            var here = Math.Min(_last.Length - _used, bytes.Length);
            bytes[..here].CopyTo(_last.Span[_used..]);
            _used += here;
            bytes = bytes[here..];
        }
        if (bytes.IsEmpty) return;
        bytes.CopyTo(Reserve(bytes.Length));
        Commit(bytes.Length);
    }

    private void AddBlock(int bytes)
    {
        if (_last is not null) _full.Add((_last, _used));
        _fullBytes += _used;
        _used = 0;
        _last = new(allocator, Math.Max(BlockBytes, bytes), Purpose.ChangeLog);
    }

    /// <summary>The place behind all that is there.</summary>
    public AppendPlace End => new(_full.Count, _used, Length);

    /// <summary>The checksum of all from a place on.</summary>
    public uint Sum(AppendPlace from)
    {
        var checksum = ~0u;
        for (var i = from.Block; i < BlockCount; i++) checksum = RecordChecksum.Append(checksum, Block(i)[(i == from.Block ? from.At : 0)..]);
        return ~checksum;
    }

    /// <summary>What was committed in one piece before a place.</summary>
    public Span<byte> Before(AppendPlace place, int bytes) => (place.Block < _full.Count ? _full[place.Block].Block : _last!).Span.Slice(place.At - bytes, bytes);

    public void Dispose()
    {
        foreach (var (block, _) in _full) block.Dispose();
        _full.Clear();
        _last?.Dispose();
        _last = null;
        _used = 0;
        _fullBytes = 0;
    }
}

/// <param name="Position">Bytes before it in all.</param>
internal readonly record struct AppendPlace(int Block, int At, long Position);
