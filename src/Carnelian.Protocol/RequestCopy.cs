namespace Carnelian;

/// <summary>
/// A request that outlives the input that it came in: it waits, to be run again or in a transaction. Owns its memory, one block for all that is
/// not long, so that a client that has waited for hours is woken with few looks at cold memory.
/// </summary>
public sealed class RequestCopy : IDisposable
{
    /// <summary>Arguments of more bytes get a block each, so that neither the request nor one block has to be of any size.</summary>
    public const int LongArgumentFrom = 64 * 1024 + 1;

    private readonly OwnedBlock _block;
    private readonly Argument[] _items;

    /// <summary>The blocks of long arguments.</summary>
    private readonly ArgumentList? _long;

    public RequestCopy(Arguments request, BlockAllocator allocator, Purpose purpose)
    {
        _items = new Argument[request.Count];
        var bytes = 0;
        for (var i = 0; i < _items.Length; i++) bytes += request[i].Length < LongArgumentFrom ? request[i].Length : 0;
        _block = new(allocator, bytes, purpose);
        var at = 0;
        for (var i = 0; i < _items.Length; i++)
        {
            var argument = request[i];
            if (argument.Length < LongArgumentFrom)
            {
                argument.CopyTo(_block.Span[at..]);
                _items[i] = new(at, argument.Length);
                at += argument.Length;
                continue;
            }
            var block = new OwnedBlock(allocator, argument.Length, purpose);
            argument.CopyTo(block.Span);
            _long ??= new(1);
            _long.Add(block, argument.Length);
            _items[i] = _long.Slice(_long.Count - 1, 1)[0];
        }
    }

    /// <summary>Live as long as the copy.</summary>
    public Arguments Arguments => new(_block.Span, _items, _long);

    public void Dispose()
    {
        _long?.Clear();
        _block.Dispose();
    }
}
