namespace Carnelian;

/// <summary>A request that outlives the input that it came in: it waits, to be run again or in a transaction. Owns its memory.</summary>
public sealed class RequestCopy : IDisposable
{
    /// <summary>Arguments of more bytes get a block each, so that neither the request nor one block has to be of any size.</summary>
    private const int LongArgumentFrom = 64 * 1024 + 1;

    private readonly ArgumentList _arguments;
    private readonly OwnedBlock _bytes;

    public RequestCopy(Arguments request, BlockAllocator allocator, Purpose purpose)
    {
        var bytes = 0;
        for (var i = 0; i < request.Count; i++) bytes += request[i].Length < LongArgumentFrom ? request[i].Length : 0;
        _arguments = new(request.Count);
        _bytes = new(allocator, bytes, purpose);
        var at = 0;
        for (var i = 0; i < request.Count; i++)
        {
            var argument = request[i];
            if (argument.Length < LongArgumentFrom)
            {
                argument.CopyTo(_bytes.Span[at..]);
                _arguments.Add(at, argument.Length);
                at += argument.Length;
                continue;
            }
            var block = new OwnedBlock(allocator, argument.Length, purpose);
            argument.CopyTo(block.Span);
            _arguments.Add(block, argument.Length);
        }
    }

    /// <summary>Live as long as the copy.</summary>
    public Arguments Arguments => new(_bytes.Span, _arguments.Slice(0, _arguments.Count), _arguments);

    public void Dispose()
    {
        _arguments.Clear();
        _bytes.Dispose();
    }
}
